use std::collections::HashMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

/// A partition by the name of its topic.
pub(super) type Name = (String, i32);

/// Where a partition begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    /// Its oldest record.
    pub(super) first: i64,
    /// The record that will come next.
    pub(super) last: i64,
}

/// What a client's group has committed of these partitions, where it has, and what the
/// commits carry. Blocks.
pub(super) fn committed<C: ConsumerContext>(
    client: &BaseConsumer<C>,
    partitions: &TopicPartitionList,
    patience: Duration,
) -> Result<HashMap<Name, (i64, String)>, KafkaError> {
    let answer = client.committed_offsets(unset(partitions), patience)?;
    let mut committed = HashMap::new();
    for place in answer.elements() {
        place.error()?;
        if let Offset::Offset(at) = place.offset() {
            let name = (place.topic().to_owned(), place.partition());
            committed.insert(name, (at, place.metadata().to_owned()));
        }
    }
    Ok(committed)
}

/// Where these partitions begin and end just now. Blocks.
pub(super) fn ends<C: ConsumerContext>(
    client: &BaseConsumer<C>,
    partitions: &TopicPartitionList,
    patience: Duration,
) -> Result<HashMap<Name, Ends>, KafkaError> {
    let mut ends: HashMap<Name, Ends> = HashMap::new();
    if partitions.count() == 0 {
        // librdkafka takes a question about nothing for a mistake. A member is dealt nothing
        // where there are more members than partitions.
        return Ok(ends);
    }
    for which in [Offset::Beginning, Offset::End] {
        let mut asked = unset(partitions);
        // In place of a time, these name the ends: one request a broker, not one a partition.
        asked.set_all_offsets(which)?;
        let answer = client.offsets_for_times(asked, patience)?;
        for place in answer.elements() {
            place.error()?;
            let name = (place.topic().to_owned(), place.partition());
            if let Offset::Offset(at) = place.offset() {
                let ends = ends.entry(name).or_default();
                if which == Offset::Beginning {
                    ends.first = at;
                } else {
                    ends.last = at;
                }
            }
        }
    }
    Ok(ends)
}

fn unset(partitions: &TopicPartitionList) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.count());
    for place in partitions.elements() {
        list.add_partition(place.topic(), place.partition());
    }
    list
}
