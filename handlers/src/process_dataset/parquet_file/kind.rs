//! What the values of a column are, from what the schema says about it.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::ColumnDescriptor;

use super::super::reject::RejectReason;

/// Digits that 128 bits hold for certain.
const PRECISION_MAX: i32 = 38;

/// How stored values become [`Value`](super::super::value::Value)s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Truth,
    Integer {
        signed: bool,
    },
    /// Digits behind the point.
    Decimal {
        scale: u32,
    },
    Float,
    Day,
    Moment {
        unit: Tick,
        utc: bool,
    },
    /// INT96: nanoseconds and a Julian day. Deprecated, and nothing says whose clock it is. Spark
    /// and Hive write UTC, which most such files come from; Impala writes the wall clock unless
    /// told otherwise. It is taken as UTC.
    OldMoment,
    TimeOfDay {
        unit: Tick,
    },
    Text,
    Uuid,
    /// Nulls alone, as writers say of a column in which they have seen nothing else.
    Nulls,
    /// Not a value that a field can have.
    Not(RejectReason),
}

/// How much one step of a stored time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    Millis,
    Micros,
    Nanos,
}

impl Kind {
    /// Where the newer annotation is missing, the older one of the same meaning counts.
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        if column.max_rep_level() > 0 {
            return Self::Not(RejectReason::NotScalar);
        }
        let kind = match column.logical_type_ref() {
            Some(logical) => by_logical(column.physical_type(), logical),
            None => by_converted(column.physical_type(), column.converted_type()),
        };
        match kind {
            Some(Self::Decimal { .. }) => decimal(column),
            Some(kind) => kind,
            None => Self::Not(RejectReason::NotScalar),
        }
    }
}

fn by_logical(physical: Physical, logical: &LogicalType) -> Option<Kind> {
    let kind = match (logical, physical) {
        (LogicalType::String | LogicalType::Enum | LogicalType::Json, Physical::BYTE_ARRAY) => {
            Kind::Text
        }
        (LogicalType::Decimal(_), _) => Kind::Decimal { scale: 0 },
        (LogicalType::Date, Physical::INT32) => Kind::Day,
        (LogicalType::Time(time), Physical::INT32 | Physical::INT64) => Kind::TimeOfDay {
            unit: tick(time.unit),
        },
        (LogicalType::Timestamp(timestamp), Physical::INT64) => Kind::Moment {
            unit: tick(timestamp.unit),
            utc: timestamp.is_adjusted_to_u_t_c,
        },
        (LogicalType::Integer(integer), Physical::INT32 | Physical::INT64) => Kind::Integer {
            signed: integer.is_signed,
        },
        (LogicalType::Unknown, _) => Kind::Nulls,
        (LogicalType::Uuid, Physical::FIXED_LEN_BYTE_ARRAY) => Kind::Uuid,
        _ => return None,
    };
    Some(kind)
}

fn by_converted(physical: Physical, converted: ConvertedType) -> Option<Kind> {
    let moment = |unit| Kind::Moment { unit, utc: true };
    let kind = match (converted, physical) {
        (
            ConvertedType::NONE | ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON,
            Physical::BYTE_ARRAY,
        )
        | (ConvertedType::NONE, Physical::FIXED_LEN_BYTE_ARRAY) => Kind::Text,
        (ConvertedType::NONE, Physical::BOOLEAN) => Kind::Truth,
        (ConvertedType::NONE, Physical::FLOAT | Physical::DOUBLE) => Kind::Float,
        (ConvertedType::NONE, Physical::INT96) => Kind::OldMoment,
        (
            ConvertedType::NONE
            | ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64,
            Physical::INT32 | Physical::INT64,
        ) => Kind::Integer { signed: true },
        (
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64,
            Physical::INT32 | Physical::INT64,
        ) => Kind::Integer { signed: false },
        (ConvertedType::DECIMAL, _) => Kind::Decimal { scale: 0 },
        (ConvertedType::DATE, Physical::INT32) => Kind::Day,
        (ConvertedType::TIMESTAMP_MILLIS, Physical::INT64) => moment(Tick::Millis),
        (ConvertedType::TIMESTAMP_MICROS, Physical::INT64) => moment(Tick::Micros),
        (ConvertedType::TIME_MILLIS, Physical::INT32) => Kind::TimeOfDay { unit: Tick::Millis },
        (ConvertedType::TIME_MICROS, Physical::INT64) => Kind::TimeOfDay { unit: Tick::Micros },
        _ => return None,
    };
    Some(kind)
}

fn decimal(column: &ColumnDescriptor) -> Kind {
    let (scale, precision) = match column.logical_type_ref() {
        Some(LogicalType::Decimal(decimal)) => (decimal.scale, decimal.precision),
        _ => (column.type_scale(), column.type_precision()),
    };
    let readable = matches!(
        column.physical_type(),
        Physical::INT32 | Physical::INT64 | Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY
    );
    match u32::try_from(scale) {
        Ok(digits) if readable && scale <= precision && precision <= PRECISION_MAX => {
            Kind::Decimal { scale: digits }
        }
        _ => Kind::Not(RejectReason::NotScalar),
    }
}

fn tick(unit: TimeUnit) -> Tick {
    match unit {
        TimeUnit::MILLIS => Tick::Millis,
        TimeUnit::MICROS => Tick::Micros,
        TimeUnit::NANOS => Tick::Nanos,
    }
}
