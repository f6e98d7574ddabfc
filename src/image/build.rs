//! [`build`]: from an [`Order`] to an image in the daemon.

use super::context;
use super::layout::Layout;
use super::recipe::{self, RECIPE_LABEL, VERSION_LABEL, default_reference};
use super::tools::{self, Jdk};
use crate::distribution::{Distribution, Request};
use crate::event::{Far, TellStep};
use crate::runtime::RuntimeError;
use crate::runtime::docker::{Engine, reason};
use bollard::errors::Error;
use bollard::models::{BuildInfo, ImageInspect};
use bollard::query_parameters::{BuildImageOptionsBuilder, RemoveImageOptionsBuilder};
use futures_util::{StreamExt, stream};
use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

/// How often a build checks whether it is still wanted.
const POLL: Duration = Duration::from_millis(100);
/// A daemon that is silent for this long has lost the build. The last step starts a broker.
const SILENCE_MAX: Duration = Duration::from_secs(300);
/// Lines that say why a build failed.
const TAIL_LINES: usize = 8;
/// Prefix of the last step's findings.
const FINDING: &str = "class data: ";

#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The Kafka to put into it.
    pub request: Request,
    /// Name and tag; `chaos-kafka:VERSION` by default.
    pub reference: Option<String>,
    pub force: bool,
}

/// An image in the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Built {
    /// Name and tag.
    pub reference: String,
    pub version: String,
    pub id: String,
    /// According to the daemon.
    pub bytes: u64,
    /// The last step's findings about class-data archives; empty if the image was up to date.
    pub findings: Vec<String>,
    /// It was up to date, so nothing was done.
    pub was_there: bool,
}

/// Callbacks during a build.
pub(crate) struct Watch<'a> {
    /// Called when a phase begins.
    pub phase: &'a mut dyn FnMut(&str),
    /// Gets lines for the waiting person.
    pub note: &'a dyn Fn(&str),
    /// Told how far it is with something that takes a while.
    pub step: &'a TellStep<'a>,
    /// Whether the image is still wanted.
    pub wanted: &'a dyn Fn() -> bool,
}

/// Makes sure that the daemon has the image. Nothing else of the build stays, and an image that it
/// replaces is removed unless something else needs it.
pub(crate) fn build(
    engine: &Engine,
    order: &Order,
    watch: &mut Watch<'_>,
) -> Result<Built, RuntimeError> {
    let temporary = std::env::temp_dir();
    Layout::remove_stale(&temporary, watch.note);
    (watch.phase)("kafka");
    let found = Distribution::locate(&order.request, watch.note, watch.step)?;
    let jdk = Jdk::find(&found, &order.request.surroundings)?;
    let busybox = tools::busybox(&order.request.surroundings)?;
    let recipe = recipe::sum(&found.jars, &jdk)?;
    let reference = order.reference.clone().unwrap_or_else(|| default_reference(&found.version));
    let before = inspect(engine, &reference)?;
    let same = before.as_ref().filter(|image| recipe_of(image) == Some(&recipe));
    if let (Some(image), false) = (same, order.force) {
        return built(reference, &found.version, image, Vec::new(), true);
    }
    (watch.phase)("files of the image");
    (watch.step)("files", Far::Waiting("jlink makes a small Java".to_owned()));
    let layout = Layout::make(&temporary, &jdk, &busybox, watch.wanted, watch.note)?;
    (watch.phase)("image");
    let labels = HashMap::from([
        (VERSION_LABEL.to_owned(), found.version.clone()),
        (RECIPE_LABEL.to_owned(), recipe.clone()),
    ]);
    let options = BuildImageOptionsBuilder::default()
        .dockerfile("Dockerfile")
        .t(&reference)
        .labels(&labels)
        .nocache(order.force)
        .rm(true)
        .forcerm(true)
        .networkmode("none")
        .build();
    let (pieces, thread) = context::send(layout.os(), found.jars.clone())
        .map_err(|e| RuntimeError::io("cannot send the image's files", e))?;
    let body = bollard::body_try_stream(stream::iter(pieces));
    let lines = engine.docker().build_image(options, None, Some(body));
    let said = engine.wait(follow(lines, watch));
    // The request is over, so the thread's receiver is gone and the thread ends.
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    drop(layout);
    let findings = said?;
    let image = inspect(engine, &reference)?
        .filter(|image| recipe_of(image) == Some(&recipe))
        .ok_or_else(|| RuntimeError::new(format!("the daemon built no {reference}")))?;
    if let Some(before) = before {
        remove_replaced(engine, &before, &image, watch.note);
    }
    built(reference, &found.version, &image, findings, false)
}

/// Follows the daemon's messages until the build is over.
async fn follow(
    lines: impl stream::Stream<Item = Result<BuildInfo, Error>>,
    watch: &Watch<'_>,
) -> Result<Vec<String>, RuntimeError> {
    let mut lines = pin!(lines);
    let mut said: Vec<String> = Vec::new();
    let mut heard = Instant::now();
    let why = loop {
        if !(watch.wanted)() {
            break "interrupted".to_owned();
        }
        // A timeout loses nothing: the stream is polled again.
        let info = match tokio::time::timeout(POLL, lines.next()).await {
            Ok(Some(Ok(info))) => info,
            Ok(Some(Err(error))) => break reason(&error),
            Ok(None) => {
                let findings = said.iter().filter_map(|line| line.strip_prefix(FINDING));
                return Ok(findings.map(str::to_owned).collect());
            }
            Err(_) if heard.elapsed() < SILENCE_MAX => continue,
            Err(_) => break format!("it was silent for {} s", SILENCE_MAX.as_secs()),
        };
        heard = Instant::now();
        if let Some(detail) = info.error_detail {
            break detail.message.unwrap_or_default();
        }
        for line in info.stream.iter().flat_map(|text| text.lines()).map(uncoloured) {
            if is_telling(&line) {
                (watch.note)(&line);
                if let Some((done, of)) = step_of(&line) {
                    (watch.step)("build", Far::Count(done, of, "steps".to_owned()));
                }
                said.push(line);
            }
        }
    };
    let last: Vec<String> = said[said.len().saturating_sub(TAIL_LINES)..]
        .iter()
        .map(|l| format!("\n    {l}"))
        .collect();
    Err(RuntimeError::new(format!("the daemon could not build: {why}{}", last.concat())))
}

/// How many steps are done and how many there are when the daemon begins one: `Step 2/9 : RUN …`.
fn step_of(line: &str) -> Option<(u64, u64)> {
    let (step, of) = line.strip_prefix("Step ")?.split_once(" : ")?.0.split_once('/')?;
    Some((step.parse::<u64>().ok()?.checked_sub(1)?, of.parse().ok()?))
}

/// The daemon colors what programs print on standard error.
fn uncoloured(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once('m').map_or(part, |(_, text)| text));
    rest.fold(first, |text, part| text + part).trim_end().to_owned()
}

/// Ids of layers and containers are no help to a person.
fn is_telling(line: &str) -> bool {
    const BESIDE: [&str; 3] = [" --->", "Removing intermediate container", "Successfully "];
    !line.trim().is_empty() && !BESIDE.iter().any(|beginning| line.starts_with(beginning))
}

fn inspect(engine: &Engine, reference: &str) -> Result<Option<ImageInspect>, RuntimeError> {
    match engine.wait(engine.docker().inspect_image(reference)) {
        Ok(image) => Ok(Some(image)),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(e) => Err(RuntimeError::new(format!("looking for image {reference}: {}", reason(&e)))),
    }
}

fn recipe_of(image: &ImageInspect) -> Option<&String> {
    image.config.as_ref()?.labels.as_ref()?.get(RECIPE_LABEL)
}

fn built(
    reference: String,
    version: &str,
    image: &ImageInspect,
    findings: Vec<String>,
    was_there: bool,
) -> Result<Built, RuntimeError> {
    let id = image.id.clone().ok_or_else(|| RuntimeError::new(format!("{reference} has no id")))?;
    let bytes = image.size.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0);
    Ok(Built { reference, version: version.to_owned(), id, bytes, findings, was_there })
}

/// Removes our old image if it lost its only name to the new one.
fn remove_replaced(
    engine: &Engine,
    before: &ImageInspect,
    now: &ImageInspect,
    note: &dyn Fn(&str),
) {
    let (Some(old), true) = (&before.id, recipe_of(before).is_some()) else { return };
    // By id, because the name now belongs to the new one. With another name it is still in use.
    let is_unnamed = inspect(engine, old)
        .is_ok_and(|image| image.is_some_and(|i| i.repo_tags.is_none_or(|names| names.is_empty())));
    if Some(old) == now.id.as_ref() || !is_unnamed {
        return;
    }
    let options = RemoveImageOptionsBuilder::default().force(false).noprune(false).build();
    match engine.wait(engine.docker().remove_image(old, Some(options), None)) {
        Ok(_) => note(&format!("removed the image that it replaces, {old}")),
        Err(e) => note(&format!("the image that it replaces, {old}, stays: {}", reason(&e))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// What `follow` returns and reports for these messages of the daemon.
    fn heard(
        said: Vec<Result<BuildInfo, Error>>,
        wanted: bool,
    ) -> (Result<Vec<String>, RuntimeError>, Vec<String>, Vec<Far>) {
        let (told, steps) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(follow(
            stream::iter(said),
            &Watch {
                phase: &mut |_| (),
                note: &|text| told.borrow_mut().push(text.to_owned()),
                step: &|_, far| steps.borrow_mut().push(far),
                wanted: &|| wanted,
            },
        ));
        (result, told.into_inner(), steps.into_inner())
    }

    fn line(text: &str) -> Result<BuildInfo, Error> {
        Ok(BuildInfo { stream: Some(text.to_owned()), ..BuildInfo::default() })
    }

    #[test]
    fn steps_and_findings_are_told_and_ids_are_not() {
        let said = vec![
            line("Step 1/2 : FROM scratch"),
            line("\n"),
            line(" ---> 4e248e0e731a\n"),
            line("\u{1b}[91mclass data: the archive of kafka.Kafka is taken\n"),
            line("\u{1b}[0m"),
        ];
        let (result, told, steps) = heard(said, true);
        assert_eq!(result.unwrap(), ["the archive of kafka.Kafka is taken"]);
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(steps, [Far::Count(0, 2, "steps".to_owned())]);
    }

    #[test]
    fn the_daemons_error_and_an_interrupt_end_it() {
        let detail =
            bollard::models::ErrorDetail { code: Some(1), message: Some("no space".into()) };
        let error = BuildInfo { error_detail: Some(detail), ..BuildInfo::default() };
        let (result, _, _) = heard(vec![line("Step 1/2"), Ok(error), line("never")], true);
        let told = "the daemon could not build: no space\n    Step 1/2";
        assert_eq!(result.unwrap_err().what, told);
        let (result, told, _) = heard(vec![line("Step 1/2")], false);
        assert!(result.unwrap_err().what.ends_with("interrupted"));
        assert!(told.is_empty());
    }
}
