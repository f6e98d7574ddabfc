//! [`Topology`]: a star of network namespaces around a hub that routes, drops and counts.

use super::advice::{Settings, Step, explain};
use super::link::{self, LOOPBACK, Links, Mac, VethEnd};
use crate::netfilter::DropPoint;
use crate::netfilter::netlink::{Batch, Refused};
use crate::runtime::RuntimeError;
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The hub's address on every link.
const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 88, 0, 1);
/// The link of a spoke's namespace. It differs from the hub's numbers, because the kernel takes a
/// veth pair with equal numbers for one link and then waits up to a second before it carries
/// frames.
const SPOKE_LINK: u32 = 2;
/// The hub's first link; the others follow.
const FIRST_HUB_LINK: u32 = 100;
/// Links carry frames a few milliseconds after they were set up.
const OPERATIONAL_WITHIN: Duration = Duration::from_secs(10);

/// One end of the star: what lives there.
#[derive(Clone, Debug)]
pub(super) struct Spoke {
    /// Names its link in the hub; at most 15 bytes.
    pub(super) name: String,
    pub(super) address: Ipv4Addr,
}

/// The namespaces of one cluster. The kernel removes them when nobody holds them any more.
pub(super) struct Topology {
    /// Where packets between spokes can be dropped.
    pub(super) hub: Arc<DropPoint>,
    /// One per spoke, in order.
    pub(super) netns: Vec<Arc<File>>,
}

struct Namespace {
    file: Arc<File>,
    links: Links,
}

impl Topology {
    /// Builds the star and waits until every link carries frames.
    pub(super) fn build(spokes: Vec<Spoke>) -> Result<Topology, RuntimeError> {
        // A separate thread goes from namespace to namespace, and ends in the last.
        let thread = std::thread::Builder::new().name("topology".to_owned());
        let building = thread
            .spawn(move || build_here(&spokes))
            .map_err(|e| RuntimeError::io("starting the thread that makes namespaces", e))?;
        match building.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn build_here(spokes: &[Spoke]) -> Result<Topology, RuntimeError> {
    let mut hub = enter_new_namespace()?;
    let filter = DropPoint::open("hub", "nftables in the hub")
        .and_then(|filter| filter.tables().map(|_| filter))
        .map_err(|e| explain(Step::PacketFilter, errno_of(&e), &Settings::read()))?;
    let mut ends = Vec::new();
    for _ in spokes {
        ends.push(enter_new_namespace()?);
    }
    join(&mut hub, spokes, &ends)?;
    for (i, spoke) in spokes.iter().enumerate() {
        set_up_spoke(&mut ends[i], spoke, hub_mac(i)).map_err(refused)?;
    }
    wait_until_operational(&mut hub, &mut ends)?;
    let netns = ends.into_iter().map(|end| end.file).collect();
    Ok(Topology { hub: Arc::new(filter), netns })
}

/// Moves this thread into a new network namespace.
fn enter_new_namespace() -> Result<Namespace, RuntimeError> {
    unshare(CloneFlags::CLONE_NEWNET)
        .map_err(|errno| explain(Step::NetworkNamespace, errno, &Settings::read()))?;
    let file = File::open("/proc/thread-self/ns/net")
        .map_err(|e| RuntimeError::io("opening /proc/thread-self/ns/net", e))?;
    let links = Links::open()
        .map_err(|errno| RuntimeError::io("opening a netlink socket", errno.into()))?;
    Ok(Namespace { file: Arc::new(file), links })
}

fn join(hub: &mut Namespace, spokes: &[Spoke], ends: &[Namespace]) -> Result<(), RuntimeError> {
    let mut batch = Batch::new();
    for (i, (spoke, end)) in spokes.iter().zip(ends).enumerate() {
        let near = VethEnd { index: hub_link(i), name: &spoke.name, mac: hub_mac(i) };
        let far = VethEnd { index: SPOKE_LINK, name: "eth0", mac: spoke_mac(i) };
        link::add_veth(&mut batch, &near, &far, end.file.as_fd());
    }
    hub.links.apply(&batch).map_err(|r| explain(Step::VethLink, r.errno, &Settings::read()))?;

    let mut batch = Batch::new();
    link::set_up(&mut batch, LOOPBACK);
    for (i, spoke) in spokes.iter().enumerate() {
        link::add_address(&mut batch, hub_link(i), GATEWAY);
        link::add_host_route(&mut batch, hub_link(i), spoke.address);
        link::add_neighbour(&mut batch, hub_link(i), spoke.address, spoke_mac(i));
        link::set_forwarding(&mut batch, hub_link(i));
    }
    hub.links.apply(&batch).map_err(refused)
}

fn set_up_spoke(end: &mut Namespace, spoke: &Spoke, gateway: Mac) -> Result<(), Refused> {
    let mut batch = Batch::new();
    link::set_up(&mut batch, LOOPBACK);
    link::set_up(&mut batch, SPOKE_LINK);
    link::add_address(&mut batch, SPOKE_LINK, spoke.address);
    link::add_neighbour(&mut batch, SPOKE_LINK, GATEWAY, gateway);
    link::add_default_route(&mut batch, SPOKE_LINK, GATEWAY);
    end.links.apply(&batch)
}

/// A packet sent before that is lost, and TCP repeats it only a second later.
fn wait_until_operational(hub: &mut Namespace, ends: &mut [Namespace]) -> Result<(), RuntimeError> {
    let start = Instant::now();
    for namespace in std::iter::once(hub).chain(ends) {
        loop {
            let waiting = namespace.links.not_operational().map_err(refused)?;
            if waiting.is_empty() {
                break;
            }
            if start.elapsed() > OPERATIONAL_WITHIN {
                let what = format!(
                    "{} virtual links carried nothing {} s after they were set up",
                    waiting.len(),
                    OPERATIONAL_WITHIN.as_secs()
                );
                return Err(RuntimeError::new(what));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}

fn refused(refused: Refused) -> RuntimeError {
    RuntimeError::io("building the nodes' network", refused.into())
}

fn errno_of(error: &io::Error) -> Errno {
    let refused = error.get_ref().and_then(|e| e.downcast_ref::<Refused>());
    match (refused, error.raw_os_error()) {
        (Some(refused), _) => refused.errno,
        (None, Some(code)) => Errno::from_raw(code),
        (None, None) => Errno::UnknownErrno,
    }
}

fn hub_link(spoke: usize) -> u32 {
    FIRST_HUB_LINK + spoke as u32
}

/// Locally administered addresses: 02 for the hub's ends, 06 for the spokes'.
fn hub_mac(spoke: usize) -> Mac {
    mac(0x02, spoke)
}

fn spoke_mac(spoke: usize) -> Mac {
    mac(0x06, spoke)
}

fn mac(kind: u8, spoke: usize) -> Mac {
    let [_, _, high, low] = (spoke as u32).to_be_bytes();
    [kind, 0, 0, 0, high, low]
}
