//! Which image containers are made from, and getting it.

use super::engine::{Engine, failed, reason, status, within};
use crate::event::{Far, TellStep};
use crate::model::{Image, ImageChoice};
use crate::runtime::RuntimeError;
use bollard::models::{CreateImageInfo, ImageInspect};
use bollard::query_parameters::CreateImageOptions;
use futures_util::StreamExt;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A registry that takes longer to say whether it has an image counts as not having it.
const REGISTRY_WITHIN: Duration = Duration::from_secs(5);
/// The longest silence between two pieces of a download.
const PIECE_WITHIN: Duration = Duration::from_secs(120);
/// How often download progress is reported.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Whether an image may be pulled from its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// If it is missing.
    Missing,
    /// Never: a missing image is not available.
    Never,
}

/// Whether an image is available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obtainable {
    /// This one is.
    Yes(ImageChoice),
    /// The reason, as one line.
    No(String),
}

/// The image that is wanted, or the one to fall back on, which `note` is told of.
///
/// # Errors
/// When neither is there and the first is not to be pulled; it names both, and says what to do.
pub fn resolve(
    engine: &Engine,
    wanted: &str,
    fallback: Option<&str>,
    pull: Pull,
    note: &dyn Fn(String),
    step: &TellStep<'_>,
) -> Result<Image, RuntimeError> {
    if let Some(image) = look(engine, wanted)? {
        return Ok(image);
    }
    let why = match pull {
        Pull::Never => "it is not there".to_owned(),
        Pull::Missing => match fetch(engine, wanted, note, step) {
            Ok(()) => return present(engine, wanted),
            Err(reason) => format!("it is not there and cannot be pulled: {reason}"),
        },
    };
    if let Some(fallback) = fallback
        && let Some(image) = look(engine, fallback)?
    {
        note(format!("image {fallback} instead of {wanted}: {why}"));
        return Ok(image);
    }
    Err(absent(wanted, fallback, &why))
}

/// Whether [`resolve`] would find an image, without pulling it.
pub fn is_obtainable(
    engine: &Engine,
    wanted: &str,
    fallback: Option<&str>,
    pull: Pull,
) -> Result<Obtainable, RuntimeError> {
    let choice = |name: &str, pull, because| {
        Ok(Obtainable::Yes(ImageChoice { name: name.to_owned(), pull, because }))
    };
    if look(engine, wanted)?.is_some() {
        return choice(wanted, false, None);
    }
    let why = match pull {
        Pull::Never => "is not there".to_owned(),
        Pull::Missing => match engine
            .wait(within(REGISTRY_WITHIN, engine.docker().inspect_registry_image(wanted, None)))
        {
            Ok(_) => return choice(wanted, true, None),
            Err(e) => format!("is not there and cannot be pulled: {}", one_line(&reason(&e))),
        },
    };
    if let Some(fallback) = fallback
        && look(engine, fallback)?.is_some()
    {
        return choice(fallback, false, Some(format!("{wanted} {why}")));
    }
    Ok(Obtainable::No(format!("image {wanted} {why}")))
}

/// An image that must be there.
pub(super) fn present(engine: &Engine, name: &str) -> Result<Image, RuntimeError> {
    look(engine, name)?.ok_or_else(|| absent(name, None, "it is not there"))
}

fn absent(wanted: &str, fallback: Option<&str>, why: &str) -> RuntimeError {
    let nor = fallback.map(|name| format!("; nor is there an image {name}")).unwrap_or_default();
    // A fallback's tag is the version that it would have.
    let version = fallback.and_then(|name| name.rsplit_once(':')).map_or("VERSION", |(_, tag)| tag);
    RuntimeError::new(format!("image {wanted}: {why}{nor}")).advise(format!(
        "`chaos image build {version}` makes one without a registry; or name another one by \
         KAFKA_IMAGE"
    ))
}

fn look(engine: &Engine, name: &str) -> Result<Option<Image>, RuntimeError> {
    let asked = engine.docker().inspect_image(name);
    match engine.wait(within(ANSWER_WITHIN, asked)) {
        Ok(inspected) => Ok(Some(Image {
            name: name.to_owned(),
            kafka: kafka_of(&inspected),
            id: inspected.id.unwrap_or_default(),
        })),
        Err(e) if status(&e) == Some(404) => Ok(None),
        Err(e) => Err(failed(&format!("looking for image {name}"), &e)),
    }
}

/// From our own label, or Bitnami's variable.
fn kafka_of(image: &ImageInspect) -> Option<String> {
    let config = image.config.as_ref()?;
    let label = config.labels.as_ref().and_then(|labels| labels.get("chaos.kafka.version"));
    let variable = || config.env.iter().flatten().find_map(|v| v.strip_prefix("APP_VERSION="));
    label.map(String::as_str).or_else(variable).map(str::to_owned)
}

/// Pulls an image; the error is the reason, in one line.
fn fetch(
    engine: &Engine,
    name: &str,
    note: &dyn Fn(String),
    step: &TellStep<'_>,
) -> Result<(), String> {
    // Without a tag the daemon would pull every one.
    let named = if has_tag(name) { name.to_owned() } else { format!("{name}:latest") };
    let options = CreateImageOptions { from_image: Some(named), ..CreateImageOptions::default() };
    engine.wait(async {
        let mut pieces = Box::pin(engine.docker().create_image(Some(options), None, None));
        let mut reported = None::<Instant>;
        let mut layers = Layers::default();
        loop {
            let piece = match tokio::time::timeout(PIECE_WITHIN, pieces.next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(Ok(piece))) => piece,
                Ok(Some(Err(e))) => return Err(one_line(&reason(&e))),
                Err(_) => {
                    return Err(format!("nothing came within {} s", PIECE_WITHIN.as_secs()));
                }
            };
            if let Some(far) = layers.heard(&piece) {
                step("image", far);
            }
            if let Some(error) = piece.error_detail.and_then(|detail| detail.message) {
                return Err(one_line(&error));
            }
            if reported.is_none_or(|reported| reported.elapsed() >= REPORT_EVERY)
                && let Some(status) = piece.status
            {
                reported = Some(Instant::now());
                let layer = piece.id.map(|id| format!(" {id}")).unwrap_or_default();
                note(format!("pulling {name}: {status}{layer}"));
            }
        }
    })
}

/// Bytes of each layer by its id: how many came, and of how many.
#[derive(Default)]
struct Layers(BTreeMap<String, (u64, u64)>);

impl Layers {
    /// How far the download is, where this changed it.
    fn heard(&mut self, piece: &CreateImageInfo) -> Option<Far> {
        let (id, status) = (piece.id.as_ref()?, piece.status.as_deref()?);
        let bytes = |bytes: Option<i64>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
        match (status, &piece.progress_detail) {
            ("Downloading", Some(detail)) => {
                let layer = (bytes(detail.current)?, bytes(detail.total)?);
                self.0.insert(id.clone(), layer);
            }
            ("Download complete", _) => {
                let layer = self.0.get_mut(id)?;
                layer.0 = layer.1;
            }
            _ => return None,
        }
        let sum = |a: (u64, u64), b: &(u64, u64)| (a.0 + b.0, a.1 + b.1);
        let (came, of) = self.0.values().fold((0, 0), sum);
        Some(Far::Bytes(came, of))
    }
}

fn has_tag(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.contains(':') || last.contains('@')
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::{ImageConfig, ProgressDetail};

    #[test]
    fn only_what_follows_the_last_slash_has_a_tag() {
        assert!(has_tag("a/b:1") && has_tag("b@sha256:0"));
        assert!(!has_tag("host:5000/a/b") && !has_tag("b"));
    }

    #[test]
    fn a_download_is_as_far_as_its_layers_together() {
        let mut layers = Layers::default();
        let mut heard = |id: &str, status: &str, detail: Option<(i64, i64)>| {
            let detail = detail.map(|(current, total)| ProgressDetail {
                current: Some(current),
                total: Some(total),
            });
            layers.heard(&CreateImageInfo {
                id: Some(id.to_owned()),
                status: Some(status.to_owned()),
                progress_detail: detail,
                ..CreateImageInfo::default()
            })
        };
        assert_eq!(heard("a", "Pulling fs layer", None), None);
        assert_eq!(heard("a", "Downloading", Some((10, 40))), Some(Far::Bytes(10, 40)));
        assert_eq!(heard("b", "Downloading", Some((5, 60))), Some(Far::Bytes(15, 100)));
        assert_eq!(heard("a", "Download complete", None), Some(Far::Bytes(45, 100)));
        assert_eq!(heard("a", "Extracting", Some((1, 40))), None);
    }

    #[test]
    fn an_absent_image_is_an_error_that_says_what_to_do() {
        let error = absent("a/kafka:1", Some("chaos-kafka:3.8.1"), "no").to_string();
        assert!(error.contains("a/kafka:1: no; nor is there an image chaos-kafka:3.8.1"));
        assert!(error.contains("chaos image build 3.8.1"), "{error}");
    }

    #[test]
    fn images_may_say_which_kafka_is_in_them() {
        let image = |label: Option<&str>, variable: &str| ImageInspect {
            config: Some(ImageConfig {
                labels: label.map(|l| [("chaos.kafka.version".to_owned(), l.to_owned())].into()),
                env: Some(vec!["PATH=/bin".to_owned(), variable.to_owned()]),
                ..ImageConfig::default()
            }),
            ..ImageInspect::default()
        };
        assert_eq!(kafka_of(&image(None, "APP_VERSION=3.8.1")).as_deref(), Some("3.8.1"));
        assert_eq!(kafka_of(&image(Some("4.4.0"), "X=1")).as_deref(), Some("4.4.0"));
        assert_eq!(kafka_of(&image(None, "X=1")), None);
    }
}
