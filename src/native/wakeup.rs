//! Why librdkafka's threads do not spin.
//!
//! librdkafka decides for each partition when to look at it again. While a batch of an idempotent
//! producer is in flight and another is ready, its answer is "now": its thread spins until the
//! acknowledgement comes, which takes a whole processor. The linker puts this function in front of
//! librdkafka's own (`build.rs`), and it changes "now" into "soon". A ready batch is still sent at
//! once, and an acknowledgement wakes the thread anyway.
#![expect(unsafe_code, reason = "a function of C is replaced")]

use rdkafka::bindings as ffi;
use std::ffi::c_void;
use std::ptr;

/// How soon, in microseconds.
const SOON_US: i64 = 500;

const _: () = assert!(
    ffi::RD_KAFKA_VERSION == 0x020c_01ff,
    "this is for librdkafka 2.12.1. In the new one, compare rd_kafka_msgq_allow_wakeup_at and \
     its two callers with what is written here, and run the test `worker_cpu` with and without \
     the linker's option; when it does not spin any more, build.rs and this module can go"
);

unsafe extern "C" {
    /// librdkafka's own function: returns whether a batch is ready, and lowers `next_wakeup`, which
    /// may be null, to the time of the next one.
    fn __real_rd_kafka_msgq_allow_wakeup_at(
        queue: *mut c_void,
        sending: *const c_void,
        next_wakeup: *mut i64,
        now: i64,
        linger_us: i64,
        batch_messages: i32,
        batch_bytes: i64,
    ) -> u8;
}

/// # Safety
/// Only librdkafka may call it, in place of its own function and with that function's arguments.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_rd_kafka_msgq_allow_wakeup_at(
    queue: *mut c_void,
    sending: *const c_void,
    next_wakeup: *mut i64,
    now: i64,
    linger_us: i64,
    batch_messages: i32,
    batch_bytes: i64,
) -> u8 {
    let mut own = i64::MAX;
    let asked = if next_wakeup.is_null() { ptr::null_mut() } else { &raw mut own };
    // SAFETY: the arguments are librdkafka's, except for our place for its answer.
    let ready = unsafe {
        __real_rd_kafka_msgq_allow_wakeup_at(
            queue,
            sending,
            asked,
            now,
            linger_us,
            batch_messages,
            batch_bytes,
        )
    };
    // SAFETY: null, or a variable of the calling thread.
    if let Some(next_wakeup) = unsafe { next_wakeup.as_mut() } {
        let own = if own <= now { now + SOON_US } else { own };
        *next_wakeup = (*next_wakeup).min(own);
    }
    ready
}
