//! A run's environment in words: for the terminal, the page, the summary and `about` in
//! report.json.

use crate::model::{
    Clocks, Controllers, Environment, Image, JarOrigin, MadeOf, PlannedKafka, ReportedKafka,
    RuntimeFacts, VersionFrom,
};
use crate::plan::Plan;
use crate::result::Report;

/// How many digits of an image's id are shown.
const ID_SHOWN: usize = 12;

/// A fact's word, empty where it has none, and what it says.
pub(crate) type Fact = (String, String);

/// The environment of a report. Reports of earlier versions have lines only.
pub(crate) fn facts(report: &Report) -> Vec<Fact> {
    let known = |line: &String| match line.split_once("  ") {
        Some((word, rest)) => (word.to_owned(), rest.trim_start().to_owned()),
        None => (String::new(), line.clone()),
    };
    match &report.environment {
        Some(environment) => facts_of(environment, &report.plan),
        None => report.about.iter().map(known).collect(),
    }
}

/// `about`, a line per fact.
pub(crate) fn about(report: &Report) -> Vec<String> {
    let made = report.environment.as_ref().map(|known| lines(known, &report.plan));
    made.unwrap_or_else(|| report.about.clone())
}

/// A line per fact that is known by now.
pub(crate) fn lines(environment: &Environment, plan: &Plan) -> Vec<String> {
    let line = |(word, text): Fact| match word.is_empty() {
        true => text,
        false => format!("{word:<7}  {text}"),
    };
    facts_of(environment, plan).into_iter().map(line).collect()
}

fn facts_of(environment: &Environment, plan: &Plan) -> Vec<Fact> {
    let cluster = &plan.cluster;
    let controllers = match cluster.controllers {
        Controllers::Combined => "combined controllers",
        Controllers::Isolated => "3 isolated controllers",
    };
    let (kafka, brokers) = (planned_kafka(&environment.kafka), cluster.brokers);
    let (timing, Clocks { session_ms, lag_ms }) = (cluster.timing.word(), cluster.clocks);
    let mut facts = vec![
        ("runtime", runtime(&environment.runtime)),
        ("kafka", format!("{kafka}, {brokers} brokers, {controllers}")),
        ("timing", format!("{timing}: session {session_ms} ms, replica lag {lag_ms} ms")),
        ("seed", plan.seed.to_string()),
        ("folder", environment.folder.clone()),
    ];
    facts.extend(environment.made_of.as_ref().map(|it| ("", made_of(it))));
    if environment.runs_before > 0 {
        let warm = format!("warm: {} runs took place on it before", environment.runs_before);
        facts.push(("cluster", warm));
    }
    let reported = environment.reported.as_ref();
    facts.extend(reported.map(|it| ("brokers", format!("Kafka {}", reported_kafka(it)))));
    facts.into_iter().map(|(word, text)| (word.to_owned(), text)).collect()
}

/// `docker 29.1`.
pub(crate) fn runtime_name(runtime: &RuntimeFacts) -> String {
    let version = runtime.version.iter().map(|version| format!(" {version}"));
    version.fold(runtime.name.word().to_owned(), |name, version| name + &version)
}

/// `docker 29.1 (as asked), image a:1`.
pub(crate) fn runtime(runtime: &RuntimeFacts) -> String {
    let image = runtime.image.as_ref().map_or(String::new(), |image| {
        let pull = if image.pull { ", which will be pulled" } else { "" };
        let because = image.because.iter().map(|why| format!(", because {why}"));
        format!(", image {}{pull}{}", image.name, because.collect::<String>())
    });
    format!("{} ({}){image}", runtime_name(runtime), runtime.why)
}

/// What stands behind `Kafka` before the brokers have answered.
pub(crate) fn planned_kafka(kafka: &PlannedKafka) -> String {
    let version = || kafka.version.map_or("version unknown".to_owned(), |it| it.to_string());
    match &kafka.from {
        VersionFrom::Plan => version(),
        VersionFrom::Scenario => format!("{} (as the scenario says)", version()),
        VersionFrom::Images(images) => format!("{} (image {})", version(), images.join(", ")),
        VersionFrom::Home(folder) => format!("from {folder}"),
    }
}

/// What stands behind `Kafka` once they have.
pub(crate) fn reported_kafka(kafka: &ReportedKafka) -> String {
    let of = |release: &Option<_>| match release {
        Some(release) => format!("{release}"),
        None => "of a version unknown to chaos".to_owned(),
    };
    let mut releases: Vec<String> = kafka.releases.values().map(of).collect();
    if releases.iter().any(|other| *other != releases[0]) {
        let each = kafka.releases.iter();
        releases = each.map(|(id, release)| format!("broker {id} {}", of(release))).collect();
    } else {
        releases.truncate(1);
    }
    let eligible = if kafka.keeps_eligible { "on" } else { "off" };
    let releases = releases.join(", ");
    format!("{releases} according to the brokers; eligible leader replicas {eligible}")
}

/// What a cluster was made of, in a line.
pub(crate) fn made_of(made_of: &MadeOf) -> String {
    match made_of {
        MadeOf::Jars { kafka, origin: JarOrigin::Maven(jars), java } => {
            format!("Kafka {kafka} by Maven, {jars} jars with known SHA-256 sums; {java}")
        }
        MadeOf::Jars { kafka, origin: JarOrigin::Home { folder, wanted }, java } => {
            let wish = wanted.iter().map(|wanted| format!(" (the scenario names {wanted})"));
            let wish: String = wish.collect();
            format!("Kafka {kafka} from {folder}, jars not checked{wish}; {java}")
        }
        MadeOf::Containers { docker, project, file, images } => {
            let images: Vec<String> = images.iter().map(image).collect();
            let images = images.join(", ");
            format!("docker runtime, Docker {docker}, project {project} of {file}, {images}")
        }
    }
}

fn image(image: &Image) -> String {
    let id = image.id.trim_start_matches("sha256:");
    let id = &id[..id.len().min(ID_SHOWN)];
    let kafka = image.kafka.iter().map(|kafka| format!(", Kafka {kafka}"));
    format!("image {} ({id}){}", image.name, kafka.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, Sort, write};
    use crate::result::blank;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn of<T: DeserializeOwned>(words: impl Fn(&T) -> String, facts: Value) -> String {
        words(&serde_json::from_value(facts).unwrap())
    }

    #[test]
    fn each_fact_has_its_words() {
        let docker =
            |image| json!({"name": "docker", "why": "auto", "version": "29", "image": image});
        for (image, expected) in [
            (json!(null), "docker 29 (auto)"),
            (json!({"name": "a"}), "docker 29 (auto), image a"),
            (json!({"name": "a", "pull": true}), "docker 29 (auto), image a, which will be pulled"),
            (
                json!({"name": "a", "because": "b is not there"}),
                "docker 29 (auto), image a, because b is not there",
            ),
        ] {
            assert_eq!(of(runtime, docker(image)), expected);
        }
        for (version, from, expected) in [
            (json!("4.1.0"), json!("plan"), "4.1.0"),
            (json!("3.8.1"), json!("scenario"), "3.8.1 (as the scenario says)"),
            (json!("4.1"), json!({"images": ["a:1", "b"]}), "4.1 (image a:1, b)"),
            (json!(null), json!({"images": ["a:1"]}), "version unknown (image a:1)"),
            (json!(null), json!({"home": "/kafka"}), "from /kafka"),
        ] {
            assert_eq!(of(planned_kafka, json!({"version": version, "from": from})), expected);
        }
        let end = "according to the brokers; eligible leader replicas";
        for (releases, keeps_eligible, expected) in [
            (json!({"0": "3.8", "1": "3.8"}), false, format!("3.8 {end} off")),
            (json!({"0": null}), true, format!("of a version unknown to chaos {end} on")),
            (
                json!({"0": "3.8", "1": "3.9"}),
                false,
                format!("broker 0 3.8, broker 1 3.9 {end} off"),
            ),
        ] {
            let facts = json!({"releases": releases, "keeps_eligible": keeps_eligible});
            assert_eq!(of(reported_kafka, facts), expected);
        }
        let home = json!({"home": {"folder": "/k", "wanted": "3.8.1"}});
        let image = json!({"name": "a:1", "id": "sha256:4e248e0e731a55e8399afc5e", "kafka": "3.8"});
        for (facts, expected) in [
            (
                json!({"jars": {"kafka": "4.4.0", "origin": home, "java": "java 21"}}),
                "Kafka 4.4.0 from /k, jars not checked (the scenario names 3.8.1); java 21",
            ),
            (
                json!({"containers": {"docker": "29", "project": "p", "file": "x", "images": [image]}}),
                "docker runtime, Docker 29, project p of x, image a:1 (4e248e0e731a), Kafka 3.8",
            ),
        ] {
            assert_eq!(of(made_of, facts), expected);
        }
    }

    #[test]
    fn lines_and_facts_are_those_of_earlier_versions() {
        let text = "name: t\nduration: 9s\ncluster: {controllers: isolated}\n";
        let plan = crate::plan::from_text("t.yaml", text, &[], Some(7)).unwrap();
        let environment = json!({
            "runtime": {"name": "local", "why": "auto: no daemon (here)"},
            "kafka": {"version": "3.8.1", "from": "plan"},
            "folder": "chaos-out/t",
            "clients": {"librdkafka": "2.12.1"},
            "made_of": {"jars": {"kafka": "3.8.1", "origin": {"maven": 91}, "java": "java 17"}},
            "runs_before": 2,
            "reported": {"releases": {"0": "3.8"}, "keeps_eligible": false},
        });
        let environment = serde_json::from_value(environment).unwrap();
        let report = Report { environment, ..blank(&plan, None) };
        let lines = about(&report);
        assert_eq!(
            lines,
            [
                "runtime  local (auto: no daemon (here))",
                "kafka    3.8.1, 3 brokers, 3 isolated controllers",
                "timing   stock: session 9000 ms, replica lag 30000 ms",
                "seed     7",
                "folder   chaos-out/t",
                "Kafka 3.8.1 by Maven, 91 jars with known SHA-256 sums; java 17",
                "cluster  warm: 2 runs took place on it before",
                "brokers  Kafka 3.8 according to the brokers; eligible leader replicas off",
            ]
        );
        let mut json = Vec::new();
        write(&report, Format::Json, &Sort::Plan, &mut json).unwrap();
        let mut read: Report = serde_json::from_slice(&json).unwrap();
        assert_eq!((&read.about, &read.environment), (&lines, &report.environment));
        read.environment = None;
        assert_eq!((about(&read), facts(&read)), (lines, facts(&report)));
    }
}
