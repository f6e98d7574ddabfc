//! What `tests/` and the examples use of the library. Everything else is private to the crate, so
//! that the compiler finds what nothing uses.

pub mod clock {
    pub use crate::clock::Epoch;
}

pub mod event {
    pub use crate::event::{
        BrokerView, ControllerView, Evidence, Far, FaultStep, FaultTime, Observation,
        PartitionView, Progress, RunEvent, Stamped, Step, TopicShape,
    };
}

pub mod exit {
    pub use crate::exit::{Exit, Interrupt};
}

pub mod netfilter {
    pub use crate::netfilter::{DropPoint, DropRule, Dropped, Filter, Hook};
}

pub mod cli {
    pub use crate::cli::changes;
    pub use crate::cli::{plan, validate};
}

pub mod client {
    pub use crate::client::producer::{Ended, Summary};
    pub use crate::client::wire::Account;
    pub use crate::client::{DeliveryErrors, Errors, Times, Worker, WorkerSpec, stamp};
}

pub mod compare {
    pub use crate::compare::{
        Change, Comparison, Finding, Options, Outcome, PairFindings, Promise, Rule, Side, SideCell,
        Trial, compare, read, write_words,
    };
}

pub mod compose {
    pub use crate::compose::{
        KafkaCluster, KafkaService, Mount, Published, Service, builtin, kafka,
    };
}

pub mod distribution {
    pub use crate::distribution::{
        Archive, ArchiveError, Distribution, DistributionError, LockError, Request,
        StorageTemplate, Surroundings, known_versions,
    };
}

pub mod fault {
    pub use crate::fault::{Cancel, Custody, FaultRecord, Journal, Site, Situation, Way, live};
}

pub mod image {
    pub use crate::image::{RECIPE_LABEL, VERSION_LABEL};
}

pub mod kafka {
    pub use crate::kafka::{Operator, Patience, create_topics, log, wait_for_brokers};
}

pub mod ledger {
    pub use crate::ledger::{
        AckStretch, CHUNK_SEQUENCES, Found, LatencyPhase, Ledger, LedgerRecord, LedgerWriter,
        LogEnd, Observed, Outcome, PartitionLedger, PartitionObserved, ProducerId, Stretch,
    };
}

pub mod model {
    pub use crate::model::{
        ByMetric, Clocks, Controllers, Flavour, Metric, Properties, Rate, RuntimeKind, Timing,
    };
}

pub mod native {
    pub use crate::native::Persistence;
}

pub mod plan {
    pub use crate::plan::{
        Asked, ClusterPlan, Expectation, Plan, ProducerPlan, Role, Study, TopicPlan, from_file,
        from_text, study_from_text,
    };
}

pub mod report {
    pub use crate::report::{
        Detail, Finished, Format, Live, Paint, Show, Sort, annotations, in_a_line, write,
        write_files,
    };
}

pub mod result {
    pub use crate::result::{
        Assembly, CellReport, CellTrial, CellTrials, ClientFacts, ErrorOf, Invocation, Phase,
        Report, TrialReport, Verb, merge, read,
    };
}

pub mod runner {
    pub use crate::runner::{RunFolder, wait_until_ready};
}

pub mod runtime {
    pub use crate::runtime::{
        Cluster, DropSite, Listeners, Liveness, Node, Order, Process, Provider, Role, RuntimeError,
        Stop, Vantage, docker, local, port,
    };
}

pub mod scenario {
    pub use crate::scenario::{Changes, not_yet, printed, read_text, schema};
}

pub mod timeline {
    pub use crate::timeline::{
        FaultAction, FaultPlan, NetworkPartition, Pause, Ports, ProcessStop, Target, docs,
    };
}

pub mod verify {
    pub use crate::verify::{
        Bounds, CellFindings, CellInput, ClientRecord, Counts, PhaseLatency, Reason, ReasonKind,
        Scope, Verdict, Witness, cell, most_telling_first,
    };
}
