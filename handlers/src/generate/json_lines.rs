//! Transactions as JSON Lines: amounts as numbers with two decimals, what is not there left out.

use std::io::{self, Write};

use super::plain::{accounts, unquoted};
use super::rng::Rng;
use super::transaction::{POSTING_DAYS, day_text};
use super::world::{CATEGORIES, CURRENCIES, PURPOSES, World};
use super::{BUFFER_BYTES, Expected, Generator};

impl Generator {
    /// Writes the rows of [`write`](Self::write), without faults, as one JSON object a line, and
    /// says what a load of it must find.
    ///
    /// # Errors
    ///
    /// Faulty rows are asked for, or `out` fails.
    pub fn write_json_lines(&self, mut out: impl Write) -> io::Result<Expected> {
        let mut rng = Rng::new(self.seed);
        let world = World::new(&mut rng);
        let days: Vec<String> = (0..POSTING_DAYS)
            .map(|day| String::from_utf8_lossy(&day_text(day)).into_owned())
            .collect();
        let names: Vec<String> = world
            .parties
            .iter()
            .map(|party| serde_json::Value::from(unquoted(&party.name)).to_string())
            .collect();
        let mut lines = Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 4);
        let mut bytes = 0;
        let mut expected = self.each_row(&world, rng, |transaction, row_no| {
            let party = &world.parties[transaction.party];
            let [from, to] = accounts(transaction, &world);
            let seconds = transaction.posted_second;
            let cents = transaction.cents.unsigned_abs();
            write!(
                lines,
                "{{\"row_id\":\"T{row_no:09}\",\"date\":\"{}\",\
                 \"posted_at\":\"{}T{:02}:{:02}:{:02}Z\",\
                 \"amount\":{}{}.{:02},\"currency\":\"{}\",\
                 \"payer_account\":\"{from}\",\"payee_account\":\"{to}\",\
                 \"party_id\":\"{}\",\"party_name\":{},\"employee\":\"E{:04}\",",
                days[transaction.day],
                days[transaction.posted_day],
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60,
                if transaction.cents < 0 { "-" } else { "" },
                cents / 100,
                cents % 100,
                CURRENCIES[transaction.currency],
                party.id,
                names[transaction.party],
                transaction.employee + 1,
            )?;
            if let Some(approver) = transaction.approver {
                write!(lines, "\"approver\":\"A{:03}\",", approver + 1)?;
            }
            writeln!(
                lines,
                "\"document_number\":\"INV-{:08}\",\"category\":\"{}\",\"description\":\"{}\"}}",
                transaction.document, CATEGORIES[party.category], PURPOSES[transaction.purpose],
            )?;
            if lines.len() >= BUFFER_BYTES {
                bytes += lines.len() as u64;
                out.write_all(&lines)?;
                lines.clear();
            }
            Ok(())
        })?;
        out.write_all(&lines)?;
        out.flush()?;
        expected.bytes = bytes + lines.len() as u64;
        Ok(expected)
    }
}
