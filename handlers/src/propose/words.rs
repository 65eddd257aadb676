//! What headers call the fields, in English and German.

use crate::process_dataset::profile::Field;

/// A header that says exactly one of a field's words.
pub(super) const EXACT: u32 = 100;

/// A header that has one of a field's words among others.
const PART: u32 = 60;

/// How much less each later word of a field says than the one before: where two columns could
/// be it, the better name wins.
const STEP: u32 = 1;

/// Each field's words with commas between them, the plainest first. Case, marks and `camelCase` do not matter.
const WORDS: [(Field, &str); 25] = [
    (
        Field::RowId,
        "row id, id, transaction id, expense id, record id, txn id, tx id, trans id, \
         entry id, uuid, transaction number, laufende nummer, lfd nr, vorgangsnummer, \
         transaktionsnummer",
    ),
    (
        Field::Date,
        "date, datum, buchungstag, buchungsdatum, transaction date, trans date, \
         txn date, expense date, invoice date, payment date, belegdatum, booking date, \
         posting date, day, tag, value date, valuta, valutadatum, wertstellung, bldat, \
         valid from",
    ),
    (
        Field::Timestamp,
        "timestamp, time stamp, datetime, date time, transaction time, occurred at, \
         zeitstempel, uhrzeit, time",
    ),
    (
        Field::PostedAt,
        "posted at, posting date, booking date, submitted at, posted, posted on, \
         value date, valuta, valutadatum, wertstellung, submitted, entry date, \
         created at, booked at, buchungsdatum, erfasst am, erfassungsdatum",
    ),
    (
        Field::Amount,
        "amount, betrag, umsatz, transaction amount, value, total, gross amount, sum, \
         summe, wert, net amount, bruttobetrag, nettobetrag, gesamt, gesamtbetrag, \
         limit, approval limit, payment, dmbtr, wrbtr",
    ),
    (
        Field::Debit,
        "debit, soll, debit amount, withdrawal, withdrawals, money out, paid out, \
         ausgang, belastung, lastschrift, ausgabe, ausgaben",
    ),
    (
        Field::Credit,
        "credit, haben, credit amount, deposit, deposits, money in, paid in, eingang, \
         gutschrift, einnahme, einnahmen",
    ),
    (
        Field::Currency,
        "currency, waehrung, ccy, curr, currency code, iso currency, cur, waers",
    ),
    (
        Field::PayerAccount,
        "payer account, source account, from account, sender account, debtor account, \
         debtor iban, payer iban, source node id, originator account, name orig, \
         account, account number, konto, kontonummer, auftragskonto, \
         iban auftragskonto, iban, orig acct, orig id, source, sender, payer, from",
    ),
    (
        Field::PayeeAccount,
        "payee account, target account, to account, recipient account, \
         beneficiary account, creditor account, creditor iban, payee iban, \
         counterparty account, counterparty iban, target node id, destination account, \
         name dest, kontonummer iban, gegenkonto, empfaengerkonto, iban empfaenger, \
         bene acct, bene id, dest id, target, recipient, to",
    ),
    (
        Field::PartyId,
        "party id, vendor id, vendor number, vendor num, vendor no, supplier id, \
         supplier number, merchant id, customer id, creditor number, kreditor, \
         kreditornummer, lieferantennummer, lieferanten nr, debitor, personalnummer, \
         employee id, partner id, lifnr, pernr, staff id",
    ),
    (
        Field::PartyName,
        "party name, vendor name, vendor, supplier name, supplier, merchant, \
         merchant name, counterparty, counterparty name, beneficiary, payee, \
         payee name, beguenstigter, beguenstigter zahlungspflichtiger, auftraggeber, \
         auftraggeber empfaenger, empfaenger, zahlungspflichtiger, lieferant, \
         haendler, name zahlungsbeteiligter, partner, customer, name, company, firma, name1",
    ),
    (
        Field::Employee,
        "employee, employee name, mitarbeiter, mitarbeiterin, claimant, traveller, \
         traveler, submitted by, cardholder, user, clerk, sachbearbeiter",
    ),
    (
        Field::Approver,
        "approver, approved by, approver id, authorised by, authorized by, manager, \
         genehmigt von, genehmiger, freigegeben von, freigeber",
    ),
    (
        Field::DocumentNumber,
        "document number, document no, invoice number, invoice no, inv num, invoice, \
         receipt, receipt number, receipt no, belegnummer, beleg nr, beleg, \
         rechnungsnummer, rechnungs nr, rechnung, voucher, voucher number, \
         check number, cheque number, belnr, xblnr",
    ),
    (
        Field::Reference,
        "reference, ref, payment reference, referenz, kundenreferenz, \
         end to end reference, mandatsreferenz, order number, po number, \
         bestellnummer, zahlungsreferenz",
    ),
    (
        Field::Category,
        "category, kategorie, type, art, buchungstext, umsatzart, transaction type, \
         expense type, expense category, kostenart, gl account, cost type, sachkonto, \
         account code",
    ),
    (
        Field::Description,
        "description, verwendungszweck, purpose, details, memo, text, narrative, \
         beschreibung, particulars, zweck, comment, notes, note, bemerkung, anmerkung, \
         kommentar, item",
    ),
    (
        Field::Role,
        "role, party type, rolle, type, kind, art, category",
    ),
    (
        Field::Account,
        "account, iban, account number, bank account, konto, kontonummer, \
         bankverbindung, bankn",
    ),
    (
        Field::Address,
        "address, adresse, anschrift, street, strasse, postal address, stras",
    ),
    (
        Field::Phone,
        "phone, phone number, telephone, telefon, telefonnummer, tel, mobile, mobil, telf1",
    ),
    (
        Field::TaxId,
        "tax id, tax number, vat id, vat number, vat, steuernummer, ust id, ust idnr, \
         umsatzsteuer id, tin, ein, ssn, steuer id, stcd1, stceg",
    ),
    (Field::Entry, "entry, entry type, kind, type, eintrag, art"),
    (
        Field::Name,
        "name, holiday, feiertag, title, label, bezeichnung, description, event",
    ),
];

/// Words of columns that no field holds although they look like amounts.
const BALANCES: [&str; 6] = [
    "balance",
    "saldo",
    "kontostand",
    "running total",
    "opening balance",
    "endsaldo",
];

/// Words of columns that count days, weeks and so on from some day.
const STEPS: [&str; 8] = [
    "step",
    "time",
    "timestamp",
    "day",
    "tick",
    "date",
    "week",
    "month",
];

/// How surely a header names a field: 0 for not at all, up to [`EXACT`].
pub(super) fn score(header: &str, field: Field) -> u32 {
    if says_balance(header) {
        return 0;
    }
    let header = plain(header);
    let words = WORDS.iter().find(|(known, _)| *known == field);
    let words = words.map_or("", |(_, words)| words).split(", ");
    let compact: String = header.split(' ').collect();
    let scores = (0_u32..).zip(words).map(|(place, word)| {
        if header == word || compact == word.split(' ').collect::<String>() {
            EXACT - place * STEP
        } else if word.len() > 2 && contains(&header, word) {
            PART - place * STEP
        } else {
            0
        }
    });
    scores.max().unwrap_or(0)
}

/// The column holds what the others come to.
pub(super) fn says_balance(header: &str) -> bool {
    let header = plain(header);
    BALANCES.iter().any(|word| contains(&header, word))
}

/// The column may count days, weeks and so on.
pub(super) fn says_steps(header: &str) -> bool {
    let header = plain(header);
    STEPS.iter().any(|word| contains(&header, word))
}

/// Lower case, words apart, umlauts written out: `VendorNum` and `vendor_num` are `vendor num`.
pub(super) fn plain(header: &str) -> String {
    let mut out = String::with_capacity(header.len());
    let mut before = ' ';
    for c in header.chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            out.push(' ');
        }
        match c {
            'ä' | 'Ä' => out.push_str("ae"),
            'ö' | 'Ö' => out.push_str("oe"),
            'ü' | 'Ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => out.push(' '),
        }
        before = c;
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words stand in the header one after another.
pub(super) fn contains(header: &str, words: &str) -> bool {
    let header: Vec<&str> = header.split(' ').collect();
    let words: Vec<&str> = words.split(' ').collect();
    header.windows(words.len()).any(|window| window == words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_whatever_their_writing() {
        for header in ["VendorNum", "vendor_num", "VENDOR NUM", " vendor-num "] {
            assert_eq!(plain(header), "vendor num", "{header}");
        }
        assert_eq!(
            plain("Begünstigter/Zahlungspflichtiger"),
            "beguenstigter zahlungspflichtiger"
        );
        assert_eq!(plain("IBAN"), "iban");
    }

    #[test]
    fn the_better_word_wins() {
        assert!(score("Date", Field::Date) > score("Booking Date", Field::Date));
        assert!(score("Booking Date", Field::PostedAt) > score("Booking Date", Field::Date));
        assert!(score("Betrag (EUR)", Field::Amount) > 0);
        assert_eq!(score("Saldo nach Buchung", Field::Amount), 0);
        assert_eq!(score("Colour", Field::Amount), 0);
    }

    #[test]
    fn no_word_sinks_to_nothing() {
        let longest = WORDS
            .iter()
            .map(|(_, words)| words.split(", ").count())
            .max();
        assert!(longest < Some((EXACT - PART) as usize));
        assert_eq!(WORDS.map(|(field, _)| field), Field::ALL);
    }
}
