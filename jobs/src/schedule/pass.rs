use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// Which of the two times that the clocks show a local time, where they are set back.
///
/// In either pass, every local time has one instant, and later local times have no earlier ones. A
/// local time that the clocks skip has the first instant after the gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// Before they are set back.
    First,
    /// After they were set back.
    Second,
}

impl Pass {
    /// When the clocks show this in this pass.
    pub(super) fn instant(self, zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
        match (zone.from_local_datetime(&local), self) {
            (MappedLocalTime::Single(time), _)
            | (MappedLocalTime::Ambiguous(time, _), Self::First)
            | (MappedLocalTime::Ambiguous(_, time), Self::Second) => time.to_utc(),
            (MappedLocalTime::None, _) => GapInfo::new(&local, &zone)
                .and_then(|gap| gap.end)
                // Only before the first and after the last time that the zone's data know.
                .map_or_else(|| local.and_utc(), |end| end.to_utc()),
        }
    }

    /// The latest local time, of whole seconds, whose instant is not after `time`, which is of
    /// whole seconds.
    pub(super) fn reached(self, zone: Tz, time: DateTime<Utc>) -> NaiveDateTime {
        let local = time.with_timezone(&zone).naive_local();
        let MappedLocalTime::Ambiguous(first, second) = zone.from_local_datetime(&local) else {
            return local;
        };
        let (first, second) = (first.to_utc(), second.to_utc());
        let back = set_back(zone, first, second);
        let second_on = TimeDelta::seconds(1);
        match self {
            // What the second pass shows again has been since the first one.
            Self::First if time >= second => shown(zone, back - second_on),
            // What the first pass shows is to come again.
            Self::Second if time < second => shown(zone, back) - second_on,
            _ => local,
        }
    }
}

fn shown(zone: Tz, time: DateTime<Utc>) -> NaiveDateTime {
    time.with_timezone(&zone).naive_local()
}

/// When the clocks are set back, after `first` and by `second`, which are the two passes of one
/// local time.
fn set_back(zone: Tz, first: DateTime<Utc>, second: DateTime<Utc>) -> DateTime<Utc> {
    let offset = |time: &DateTime<Utc>| time.with_timezone(&zone).offset().fix();
    let after = offset(&second);
    let (mut before, mut from) = (first, second);
    while from - before > TimeDelta::seconds(1) {
        let between = before + TimeDelta::seconds((from - before).num_seconds() / 2);
        if offset(&between) == after {
            from = between;
        } else {
            before = between;
        }
    }
    from
}
