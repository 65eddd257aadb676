use nexus_jobs::{Band, Lane, QueueName};

/// The one consumer group of every stream.
pub(super) const GROUP: &str = "workers";

/// The stream of a band of a queue.
pub(super) fn stream(prefix: &str, queue: &QueueName, band: Band) -> String {
    format!("{prefix}:{{{queue}}}:{band}")
}

/// The stream of a lane and the key of its epoch.
pub(super) fn of_lane(prefix: &str, lane: &Lane) -> (String, String) {
    let stream = stream(prefix, &lane.queue, lane.band);
    let epoch = format!("{stream}:epoch");
    (stream, epoch)
}
