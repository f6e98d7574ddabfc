//! [`Patience`]: how long to wait, what ends a wait early, and who is told about progress.

use super::error::KafkaError;
use std::time::{Duration, Instant};

/// How to wait.
pub struct Patience<'a> {
    /// The longest wait.
    pub timeout: Duration,
    /// Called repeatedly; its error ends the wait at once (a JVM died, a person pressed Ctrl-C).
    pub alive: &'a dyn Fn() -> Result<(), String>,
    /// Gets what is missing, whenever that changes.
    pub progress: Option<&'a mut dyn FnMut(&str)>,
}

/// The result of one look.
pub enum Look<T> {
    Done(T),
    /// What is missing, in words.
    Missing(String),
}

impl<'a> Patience<'a> {
    /// That nobody is told of.
    pub fn new(timeout: Duration, alive: &'a dyn Fn() -> Result<(), String>) -> Self {
        Patience { timeout, alive, progress: None }
    }

    /// Looks every `pause` until it is there.
    ///
    /// # Errors
    /// [`KafkaError::NotYet`] after the time-out, [`KafkaError::GaveUp`] if `alive` fails, and
    /// whatever `look` fails with.
    pub fn until<T>(
        &mut self,
        what: &str,
        pause: Duration,
        mut look: impl FnMut() -> Result<Look<T>, KafkaError>,
    ) -> Result<T, KafkaError> {
        let began = Instant::now();
        let mut told = None;
        loop {
            let missing = match look()? {
                Look::Done(found) => return Ok(found),
                Look::Missing(missing) => missing,
            };
            (self.alive)()
                .map_err(|reason| KafkaError::GaveUp { what: what.to_owned(), reason })?;
            let after = began.elapsed();
            if after >= self.timeout {
                let after_ms = after.as_millis() as u64;
                return Err(KafkaError::NotYet { what: what.to_owned(), after_ms, missing });
            }
            if told.as_ref() != Some(&missing) {
                if let Some(progress) = &mut self.progress {
                    progress(&missing);
                }
                told = Some(missing);
            }
            std::thread::sleep(pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(timeout_ms: u64, alive: &Result<(), String>) -> (Result<u32, KafkaError>, Vec<String>) {
        let mut told = Vec::new();
        let mut looks = 0;
        let mut progress = |text: &str| told.push(text.to_owned());
        let alive = || alive.clone();
        let timeout = Duration::from_millis(timeout_ms);
        let mut patience =
            Patience { progress: Some(&mut progress), ..Patience::new(timeout, &alive) };
        let result = patience.until("rain", Duration::from_millis(1), || {
            looks += 1;
            Ok(if looks < 4 { Look::Missing("clouds".into()) } else { Look::Done(looks) })
        });
        (result, told)
    }

    #[test]
    fn it_looks_until_it_is_there_and_tells_changes_only() {
        let (result, told) = wait(10_000, &Ok(()));
        assert_eq!(result.unwrap(), 4);
        assert_eq!(told, ["clouds"]);
    }

    #[test]
    fn it_ends_after_the_time_out_with_what_is_missing() {
        let text = wait(0, &Ok(())).0.unwrap_err().to_string();
        assert!(text.ends_with("ms for rain, and still: clouds"), "{text}");
    }

    #[test]
    fn it_ends_at_once_when_waiting_makes_no_sense() {
        let text = wait(10_000, &Err("broker-1 died".into())).0.unwrap_err().to_string();
        assert_eq!(text, "gave up waiting for rain: broker-1 died");
    }
}
