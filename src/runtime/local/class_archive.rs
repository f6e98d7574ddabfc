//! Makes the class-data archive: uses a one-broker cluster as clients would, so that the classes
//! that a broker loads are known.

use super::{LocalCluster, LocalProvider};
use crate::distribution::Distribution;
use crate::event::{Far, TellStep};
use crate::exit::Interrupt;
use crate::model::{Clocks, Controllers, Timing};
use crate::plan::ClusterPlan;
use crate::runtime::{Cluster, RuntimeError};
use std::path::Path;

/// Makes the archive if it can; without one the brokers start more slowly, which is no failure.
pub(super) fn archive(
    provider: &LocalProvider,
    found: &mut Distribution,
    interrupt: &Interrupt,
    note: &dyn Fn(String),
    step: &TellStep<'_>,
) {
    let folder = provider.host.scratch().join("training");
    let plain = found.clone();
    let waiting = |text: &str| step("archive", Far::Waiting(text.to_owned()));
    let train = |jvm_options: &[String]| {
        waiting("one broker runs, to learn which classes it loads");
        let served = serve(provider, &plain, interrupt, &folder, jvm_options);
        waiting("writing these classes, and trying the archive");
        served
    };
    if let Err(error) = found.ensure_archive(&train) {
        note(format!("no class-data archive, brokers start slower: {error}"));
    }
    // It is inside the scratch folder, which goes as a whole.
    drop(std::fs::remove_dir_all(&folder));
}

fn serve(
    provider: &LocalProvider,
    found: &Distribution,
    interrupt: &Interrupt,
    folder: &Path,
    jvm_options: &[String],
) -> Result<(), RuntimeError> {
    std::fs::create_dir_all(folder)
        .map_err(|e| RuntimeError::io(format!("cannot make {}", folder.display()), e))?;
    let plan = ClusterPlan {
        kafka: found.version.clone(),
        brokers: 1,
        broker_ids: vec![0],
        controllers: Controllers::Combined,
        timing: Timing::Stock,
        clocks: Clocks { session_ms: 9_000, lag_ms: 30_000 },
        config: Default::default(),
        compose: None,
        flavour: None,
    };
    let mut spec = provider.spec_of(&plan, found, folder, 1);
    spec.jvm_options.extend_from_slice(jvm_options);
    let cluster = LocalCluster::start(&provider.host, spec)?;
    (provider.serve)(&cluster, interrupt)
        .map_err(|e| RuntimeError::new(format!("the training broker did not serve: {}", e.what)))?;
    cluster.destroy()
}
