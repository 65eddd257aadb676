use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nexus_config::Kafka;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientContext, Statistics};

use super::client;
use super::errors::code;

/// How long what was heard counts. The client repeats every 30 seconds what goes on being
/// wrong, and less often nothing.
const HEARD_FOR: Duration = Duration::from_mins(1);

/// Longest look for a cause, once a call has failed. What is wrong with a line shows in the
/// first answer, or in none.
const LOOK: Duration = Duration::from_secs(1);

/// Pause between two looks at what was heard.
const LISTEN: Duration = Duration::from_millis(50);

/// What the lines of a client's log are called that tell of lines that failed.
const FAILED_LINE: &str = "FAIL";

/// What the client calls the state of a line that has only just begun.
const AS_IT_BEGAN: &str = "in state APIVERSION_QUERY";

/// Hears what a client says of its lines: the errors of its calls say of most things only
/// that they took too long. Clones hear the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Mutex<Option<(Instant, String)>>>);

impl Heard {
    /// What was last said to be wrong, if that is not long ago.
    pub(super) fn lately(&self) -> Option<String> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, said) = heard.as_ref()?;
        (at.elapsed() < HEARD_FOR).then(|| said.clone())
    }

    /// Takes in a line of a client's log, which is handed to ours: some ends of lines are told
    /// there only.
    pub(super) fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        client::log(level, facility, text);
        // What is graver comes as an error too, which has a code.
        let told_here_only = matches!(
            level,
            RDKafkaLogLevel::Warning | RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info
        );
        if told_here_only && facility == FAILED_LINE {
            self.say(None, text);
        }
    }

    /// Takes in an error that a client tells of.
    pub(super) fn hear(&self, error: &KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "librdkafka");
        let code = code(error);
        // How many are down says less than why the last of them is.
        if code != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.say(code, reason);
        }
    }

    fn say(&self, code: Option<RDKafkaErrorCode>, reason: &str) {
        let said = said(code, reason);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), said));
    }
}

impl ClientContext for Heard {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        Self::log(self, level, facility, text);
    }

    fn stats(&self, _: Statistics) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.hear(&error, reason);
    }
}

impl ConsumerContext for Heard {}

/// What keeps the brokers from being reached; `None` where nothing does, or nothing is said
/// of it. Asks with a client of its own, and blocks for [`LOOK`] at most.
pub(super) fn why(settings: &Kafka) -> Option<String> {
    let heard = Heard::default();
    let client: BaseConsumer<Heard> = client::any(settings)
        .create_with_context(heard.clone())
        .ok()?;
    let until = Instant::now() + LOOK;
    while heard.lately().is_none() && Instant::now() < until {
        // What it has to say is said in polls. It reads nothing.
        drop(client.poll(LISTEN));
        if client.fetch_metadata(client::ANY_TOPIC, LISTEN).is_ok() {
            return None;
        }
    }
    heard.lately()
}

/// What a client said, and which settings it is about.
fn said(code: Option<RDKafkaErrorCode>, reason: &str) -> String {
    use RDKafkaErrorCode as Code;
    let about = match code {
        Some(Code::SSL) => "kafka.security and kafka.tls_ca",
        Some(Code::Authentication | Code::SaslAuthenticationFailed) => {
            "kafka.sasl_mechanism, kafka.sasl_username and kafka.sasl_password"
        }
        // Hung up on at its first words, or not understood: the other side expects TLS or SASL.
        _ if reason.contains(AS_IT_BEGAN) || reason.contains("security.protocol") => {
            "kafka.security and kafka.sasl_mechanism"
        }
        _ => return reason.to_owned(),
    };
    format!("{reason}; see the settings {about}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_settings_names_them() {
        let heard = Heard::default();
        assert_eq!(heard.lately(), None);
        let hear = |code, reason: &str| {
            heard.hear(&KafkaError::Global(code), reason);
            heard.lately().unwrap()
        };
        assert_eq!(
            hear(RDKafkaErrorCode::SSL, "k:9093: certificate verify failed"),
            "k:9093: certificate verify failed; see the settings kafka.security and kafka.tls_ca"
        );
        assert_eq!(
            hear(
                RDKafkaErrorCode::Authentication,
                "k:9093: invalid credentials"
            ),
            "k:9093: invalid credentials; see the settings kafka.sasl_mechanism, \
             kafka.sasl_username and kafka.sasl_password"
        );
        let hung_up = "k:9093: Disconnected (after 8ms in state APIVERSION_QUERY)";
        assert_eq!(
            hear(RDKafkaErrorCode::BrokerTransportFailure, hung_up),
            format!("{hung_up}; see the settings kafka.security and kafka.sasl_mechanism")
        );
        let refused = "k:9093: Connect to ipv4#127.0.0.1:9093 failed: Connection refused";
        assert_eq!(
            hear(RDKafkaErrorCode::BrokerTransportFailure, refused),
            refused
        );
        assert_eq!(
            hear(RDKafkaErrorCode::AllBrokersDown, "1/1 brokers are down"),
            refused,
            "the cause stays"
        );
    }
}
