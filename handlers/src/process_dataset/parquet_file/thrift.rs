//! Just as much of Thrift's compact protocol as it takes to look at a file's own words before
//! memory or stack is spent on them.
//!
//! Source: the compact protocol's specification in the Apache Thrift repository. Stricter than
//! that: field ids only rise, and nothing is read that Parquet's metadata never has (sets, maps,
//! UUIDs, lists of booleans). So whoever reads the same bytes by the specification reads the same.

/// Why bytes are not what was expected of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// They end in the middle.
    Short,
    /// They say something that no writer says.
    Malformed,
}

/// How deep structures may lie in one another.
const DEPTH_MAX: usize = 24;
/// Bytes of a 64-bit number at seven bits each.
const VARINT_BYTES_MAX: u32 = 10;

/// The type that a field states for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Bool(bool),
    I8,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List,
    Struct,
}

impl Wire {
    fn of(nibble: u8) -> Result<Self, Broken> {
        Ok(match nibble {
            1 => Self::Bool(true),
            2 => Self::Bool(false),
            3 => Self::I8,
            4 => Self::I16,
            5 => Self::I32,
            6 => Self::I64,
            7 => Self::Double,
            8 => Self::Binary,
            9 => Self::List,
            12 => Self::Struct,
            _ => return Err(Broken::Malformed),
        })
    }
}

/// What a field must be.
pub(super) enum Shape {
    Bool,
    I8,
    I32,
    Binary,
    Struct(Fields),
}

/// The fields of a structure that are known. Others are passed by the type that they state.
pub(super) type Fields = &'static [(i16, Shape)];

/// Reads from the front of some bytes.
#[derive(Clone, Debug)]
pub(super) struct Thrift<'a> {
    rest: &'a [u8],
}

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes that have not been read.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Takes a structure apart: for each field `take` must read the value or pass it.
    pub(super) fn fields(
        &mut self,
        mut take: impl FnMut(&mut Self, i16, Wire) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        let mut id = 0_i16;
        loop {
            let head = self.byte()?;
            if head.trailing_zeros() >= 4 {
                return Ok(());
            }
            let wire = Wire::of(head & 0x0f)?;
            let next = match head >> 4 {
                0 => i16::try_from(self.zigzag()?).map_err(|_| Broken::Malformed)?,
                step => id.checked_add(i16::from(step)).ok_or(Broken::Malformed)?,
            };
            if next <= id {
                return Err(Broken::Malformed);
            }
            id = next;
            take(self, id, wire)?;
        }
    }

    /// The value of a field that must be a 32-bit number.
    pub(super) fn i32(&mut self, wire: Wire) -> Result<i32, Broken> {
        match wire {
            Wire::I32 => i32::try_from(self.zigzag()?).map_err(|_| Broken::Malformed),
            _ => Err(Broken::Malformed),
        }
    }

    /// The head of a list that must be of structures: how many follow.
    pub(super) fn structs(&mut self, wire: Wire) -> Result<usize, Broken> {
        match (wire, self.list()?) {
            (Wire::List, (Wire::Struct, count)) => Ok(count),
            _ => Err(Broken::Malformed),
        }
    }

    /// Passes a value, whatever it is.
    pub(super) fn pass(&mut self, wire: Wire) -> Result<(), Broken> {
        self.pass_within(wire, DEPTH_MAX)
    }

    /// Passes a value that must be of a shape.
    pub(super) fn pass_shaped(&mut self, wire: Wire, shape: &Shape) -> Result<(), Broken> {
        match (shape, wire) {
            (Shape::Bool, Wire::Bool(_))
            | (Shape::I8, Wire::I8)
            | (Shape::I32, Wire::I32)
            | (Shape::Binary, Wire::Binary) => self.pass(wire),
            (Shape::Struct(known), Wire::Struct) => {
                self.fields(
                    |thrift, id, wire| match known.iter().find(|(known, _)| *known == id) {
                        Some((_, shape)) => thrift.pass_shaped(wire, shape),
                        None => thrift.pass(wire),
                    },
                )
            }
            _ => Err(Broken::Malformed),
        }
    }

    fn pass_within(&mut self, wire: Wire, depth: usize) -> Result<(), Broken> {
        let depth = depth.checked_sub(1).ok_or(Broken::Malformed)?;
        match wire {
            Wire::Bool(_) => Ok(()),
            Wire::I8 => self.take(1).map(drop),
            Wire::I16 | Wire::I32 | Wire::I64 => self.varint().map(drop),
            Wire::Double => self.take(8).map(drop),
            Wire::Binary => {
                let count = self.varint()?;
                let count = usize::try_from(count).map_err(|_| Broken::Short)?;
                self.take(count).map(drop)
            }
            Wire::List => {
                let (element, count) = self.list()?;
                (0..count).try_for_each(|_| self.pass_within(element, depth))
            }
            Wire::Struct => self.fields(|thrift, _, wire| thrift.pass_within(wire, depth)),
        }
    }

    /// The head of a list. Every element takes at least a byte, so a count beyond the bytes left
    /// is known to be a lie before anybody believes it.
    fn list(&mut self) -> Result<(Wire, usize), Broken> {
        let head = self.byte()?;
        if head == 0 {
            // Some writers give an empty list no type.
            return Ok((Wire::Struct, 0));
        }
        let count = match head >> 4 {
            15 => usize::try_from(self.varint()?).map_err(|_| Broken::Malformed)?,
            count => usize::from(count),
        };
        match Wire::of(head & 0x0f)? {
            Wire::Bool(_) => Err(Broken::Malformed),
            _ if count > self.rest.len() => Err(Broken::Short),
            wire => Ok((wire, count)),
        }
    }

    pub(super) fn zigzag(&mut self) -> Result<i64, Broken> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    pub(super) fn varint(&mut self) -> Result<u64, Broken> {
        let mut value = 0_u64;
        for index in 0..VARINT_BYTES_MAX {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                // The tenth byte has room for one bit.
                let fits = index + 1 < VARINT_BYTES_MAX || byte <= 1;
                return if fits {
                    Ok(value)
                } else {
                    Err(Broken::Malformed)
                };
            }
        }
        Err(Broken::Malformed)
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        self.take(1).map(|byte| byte[0])
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Broken::Short)?;
        self.rest = rest;
        Ok(taken)
    }
}
