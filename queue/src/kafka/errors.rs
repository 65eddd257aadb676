use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::transport::QueueError;

impl From<KafkaError> for QueueError {
    fn from(error: KafkaError) -> Self {
        let text = error.to_string();
        match error.rdkafka_error_code() {
            Some(code) if is_full(code) => Self::Full(text),
            Some(code) if is_passing(code) || is_missing(code) => Self::Unavailable(text),
            _ if error == KafkaError::Canceled => Self::Unavailable(text),
            _ => Self::Broker(text),
        }
    }
}

/// Whether a broker has no room left.
fn is_full(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::KafkaStorageError)
}

/// Whether trying again may help: nobody answers, or not whoever should.
pub(super) fn is_passing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::BrokerDestroy
            | Code::OperationTimedOut
            | Code::MessageTimedOut
            | Code::TimedOutQueue
            | Code::Resolve
            | Code::Authentication
            | Code::WaitingForCoordinator
            | Code::WaitCache
            | Code::InProgress
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::RequestTimedOut
            | Code::BrokerNotAvailable
            | Code::ReplicaNotAvailable
            | Code::NetworkException
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::NotController
            | Code::RebalanceInProgress
            | Code::QueueFull
            | Code::PurgeQueue
            | Code::PurgeInflight
            | Code::Fatal
    )
}

/// Whether a topic, or a partition of it, is not there.
pub(super) fn is_missing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::UnknownTopicId
    )
}
