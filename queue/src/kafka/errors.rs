use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::cause::Heard;
use crate::transport::QueueError;

impl From<KafkaError> for QueueError {
    fn from(error: KafkaError) -> Self {
        let text = error.to_string();
        match code(&error) {
            Some(code) if is_full(code) => Self::Full(text),
            Some(code) if is_passing(code) || is_missing(code) => Self::Unavailable(text),
            _ if error == KafkaError::Canceled => Self::Unavailable(text),
            _ => Self::Broker(text),
        }
    }
}

/// An error's code, where it has one.
pub(super) fn code(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        _ => error.rdkafka_error_code(),
    }
}

/// An error of a call, with what the client was heard to say where it is its line that fails.
pub(super) fn explained(error: KafkaError, heard: &Heard) -> QueueError {
    let of_line = code(&error).is_some_and(is_of_line);
    match heard.lately().filter(|_| of_line) {
        Some(said) => QueueError::Unavailable(said),
        None => error.into(),
    }
}

/// Whether a call failed since no broker was reached in time.
pub(super) fn is_of_line(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::OperationTimedOut
            | Code::MessageTimedOut
            | Code::TimedOutQueue
            | Code::Resolve
            | Code::SSL
            | Code::Authentication
            | Code::SaslAuthenticationFailed
    )
}

/// Whether a broker has no room left.
fn is_full(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::KafkaStorageError)
}

/// Whether trying again may help: nobody answers, or not whoever should.
pub(super) fn is_passing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    if is_of_line(code) {
        return true;
    }
    matches!(
        code,
        Code::BrokerDestroy
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
