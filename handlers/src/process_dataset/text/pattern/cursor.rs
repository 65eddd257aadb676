//! Taking a text apart from its front.

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

const WEEKDAYS: [&[u8]; 7] = [
    b"monday",
    b"tuesday",
    b"wednesday",
    b"thursday",
    b"friday",
    b"saturday",
    b"sunday",
];

/// What is left of a text; every step takes its part off the front, or fails.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a [u8],
}

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.text.split_first_chunk::<N>()?;
        self.text = rest;
        Some(*head)
    }

    pub(super) fn literal(&mut self, byte: u8) -> Option<()> {
        let [found] = self.take()?;
        (found == byte).then_some(())
    }

    pub(super) fn pair(&mut self) -> Option<u16> {
        two_digits(self.take()?)
    }

    pub(super) fn one_or_two(&mut self) -> Option<u16> {
        match *self.text {
            [a @ b'0'..=b'9', b @ b'0'..=b'9', ..] => {
                self.text = &self.text[2..];
                two_digits([a, b])
            }
            [a @ b'0'..=b'9', ..] => {
                self.text = &self.text[1..];
                Some(u16::from(a - b'0'))
            }
            _ => None,
        }
    }

    pub(super) fn iso_date(&mut self) -> Option<(u16, u16, u16)> {
        let text = self.take::<10>()?;
        let part = |at: usize| two_digits([text[at], text[at + 1]]);
        let separated = text[4] == b'-' && text[7] == b'-';
        let date = (part(0)? * 100 + part(2)?, part(5)?, part(8)?);
        separated.then_some(date)
    }

    pub(super) fn iso_time(&mut self) -> Option<(u16, u16, u16)> {
        let text = self.take::<8>()?;
        let part = |at: usize| two_digits([text[at], text[at + 1]]);
        let separated = text[2] == b':' && text[5] == b':';
        let time = (part(0)?, part(3)?, part(6)?);
        separated.then_some(time)
    }

    /// A day, with a blank before it where `%e` of strftime pads it.
    pub(super) fn padded(&mut self) -> Option<u16> {
        if let [b' ', rest @ ..] = self.text {
            self.text = rest;
        }
        self.one_or_two()
    }

    pub(super) fn month_name(&mut self) -> Option<u16> {
        u16::try_from(self.name(&MONTHS)? + 1).ok()
    }

    pub(super) fn weekday(&mut self) -> Option<()> {
        self.name(&WEEKDAYS).map(|_| ())
    }

    /// One of the names or its first three letters, in any case; which one.
    fn name(&mut self, names: &[&[u8]]) -> Option<usize> {
        let letters = self.text.iter().take_while(|b| b.is_ascii_alphabetic());
        let (found, rest) = self.text.split_at(letters.count());
        self.text = rest;
        names.iter().position(|name| {
            found.eq_ignore_ascii_case(name) || found.eq_ignore_ascii_case(&name[..3])
        })
    }

    /// 12 is the hour that begins each half of the day: 0.
    pub(super) fn hour_of_twelve(&mut self) -> Option<u16> {
        let hour = self.one_or_two()?;
        (1..=12).contains(&hour).then_some(hour % 12)
    }

    /// The hour at which the half of the day begins.
    pub(super) fn half_day(&mut self) -> Option<u16> {
        let hour = match self.text.first()? {
            b'a' | b'A' => 0,
            b'p' | b'P' => 12,
            _ => return None,
        };
        self.text = match &self.text[1..] {
            [b'm' | b'M', rest @ ..] | [b'.', b'm' | b'M', b'.', rest @ ..] => rest,
            _ => return None,
        };
        Some(hour)
    }

    pub(super) fn fraction(&mut self) -> Option<u32> {
        let [b'.', rest @ ..] = self.text else {
            return Some(0);
        };
        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if !(1..=9).contains(&len) {
            return None;
        }
        self.text = &rest[len..];
        let padded = rest[..len].iter().copied().chain(std::iter::repeat(b'0'));
        Some(
            padded
                .take(6)
                .fold(0, |micros, b| micros * 10 + u32::from(b - b'0')),
        )
    }

    pub(super) fn offset(&mut self) -> Option<i32> {
        let [sign] = self.take()?;
        let sign = match sign {
            b'Z' | b'z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.pair()?;
        if let [b':', rest @ ..] = self.text {
            self.text = rest;
        }
        let minutes = if self.text.first().is_some_and(u8::is_ascii_digit) {
            self.pair()?
        } else {
            0
        };
        let plausible = hours <= 15 && minutes <= 59;
        plausible.then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
    }
}

#[inline]
fn two_digits([a, b]: [u8; 2]) -> Option<u16> {
    let [a, b] = [a.wrapping_sub(b'0'), b.wrapping_sub(b'0')];
    (a <= 9 && b <= 9).then(|| u16::from(a) * 10 + u16::from(b))
}
