//! A file as awkward as real ones are, which loads by a profile as it is.

use nexus_tests::loading::load;
use nexus_tests::{Loading, bounded};

/// What a spreadsheet and three programs before it have made of a list of payments.
///
/// In Windows-1252: `\xe9` is é, `\xfc` ü, `\x80` €, `\x93` and `\x94` are curly quotes, `\x96` a
/// dash, `\xa0` a space that does not break.
const FILE: &[&[u8]] = &[
    b"Zahlungsliste 2010 \x96 Auszug; Stand \"31.12.2010\r\n",
    b"# exportiert am 03.01.2011; nicht \"\xe4ndern\"\r\n",
    b"Beleg;Datum;Betrag;Konto;Empf\xe4nger;Text;\r\n",
    b"R-001;31.01.2010;$1.234,56;5142124791.0;M\xfcller \"Bau\" GmbH;Rechnung;\r\n",
    b"R-002;2010-02-28;-$12,50;5142124792.0;\"Caf\xe9 \"Zum Eck\" KG\";\"a; b\";\r\n",
    b"R-003;1 Mar 2010;($1.000.000,00);0012345678;O'Brien 5\" Pipe;;\r\n",
    b"R-004;04.03.2010;7;5,142124791E+09;Smith\x07\x0b & \tSons;\x93quoted\x94 \x80;\r\n",
    b"\r\n",
    b"R-005;05.03.2010;$\xa0999,9;5142124795;\"  spaced   out  \";'single'\r\n",
    b"# Zwischensumme\r\n",
    b"R-006;06.03.2010;1.234,56-;;N/A\r\n",
    b"R-007;07.03.2010;0,01;.0;;;;;\r\n",
    b"R-008;30.02.2010;1,00;1.0;no such day;;\r\n",
    b"R-009;09.03.2010;1,234.56;1.0;other marks;;\r\n",
    b"R-010;10.03.2010;1,00;1.0;too long;;;more\r\n",
    b"R-011;11.03.2010;12.34,56;1.0;ill grouped;;\r\n",
    b"R-012;12.03.2010;1.234,56;5142124791.5;\"last\";\"line\";",
];

const PROFILE: &str = r##"
    type = "transactions"
    blanks = ["N/A"]
    [csv]
    delimiter = ";"
    skip_lines = 1
    comment = "#"
    stray_quotes = "literal"
    short_rows = "pad"
    long_rows = "cut_blank"
    [columns]
    row_id = "@row"
    document_number = "Beleg"
    date = "Datum"
    amount = "Betrag"
    payee_account = "Konto"
    party_name = "Empfänger"
    description = "Text"
    [amount]
    decimal_mark = ","
    thousands_marks = ["."]
    currency_signs = ["$"]
    negative = ["leading_minus", "trailing_minus", "parentheses"]
    [date]
    formats = ["%d.%m.%Y", "%Y-%m-%d", "%d %b %Y"]
    [clean]
    integer_floats = ["payee_account"]
    control_characters = "space"
    collapse_spaces = true
    strip_quotes = true
    [defaults]
    currency = "USD"
"##;

#[tokio::test]
async fn an_awkward_file_loads_by_a_profile_as_it_is() {
    bounded(async {
        let loading = Loading::with(|settings| settings.datasets.reject_share_max = 0.5).await;
        let ended = loading.loads("liste.csv", FILE.concat(), PROFILE).await;
        let bed = loading.bed();
        let rows = bed.stored("transactions", ended.dataset.dataset.id).await;
        insta::assert_snapshot!(rows, @r#"
        {"date": "2010-01-31", "amount": 1234.5600, "row_id": "1", "row_no": 1, "currency": "USD", "party_name": "Müller \"Bau\" GmbH", "description": "Rechnung", "payee_account": "5142124791", "document_number": "R-001"}
        {"date": "2010-02-28", "amount": -12.5000, "row_id": "2", "row_no": 2, "currency": "USD", "party_name": "Café \"Zum Eck\" KG", "description": "a; b", "payee_account": "5142124792", "document_number": "R-002"}
        {"date": "2010-03-01", "amount": -1000000.0000, "row_id": "3", "row_no": 3, "currency": "USD", "party_name": "O'Brien 5\" Pipe", "payee_account": "0012345678", "document_number": "R-003"}
        {"date": "2010-03-04", "amount": 7.0000, "row_id": "4", "row_no": 4, "currency": "USD", "party_name": "Smith & Sons", "description": "“quoted” €", "payee_account": "5,142124791E+09", "document_number": "R-004"}
        {"date": "2010-03-05", "amount": 999.9000, "row_id": "5", "row_no": 5, "currency": "USD", "party_name": "spaced out", "description": "single", "payee_account": "5142124795", "document_number": "R-005"}
        {"date": "2010-03-06", "amount": -1234.5600, "row_id": "6", "row_no": 6, "currency": "USD", "document_number": "R-006"}
        {"date": "2010-03-07", "amount": 0.0100, "row_id": "7", "row_no": 7, "currency": "USD", "payee_account": ".0", "document_number": "R-007"}
        {"date": "2010-03-12", "amount": 1234.5600, "row_id": "12", "row_no": 12, "currency": "USD", "party_name": "last", "description": "line", "payee_account": "5142124791.5", "document_number": "R-012"}
        "#);
        insta::assert_snapshot!(bed.rejected(&ended).await, @"
        13 bad_date Datum: R-008;30.02.2010;1,00;1.0;no such day;;
        14 bad_amount Betrag: R-009;09.03.2010;1,234.56;1.0;other marks;;
        15 too_many_columns -: R-010;10.03.2010;1,00;1.0;too long;;;more
        16 bad_amount Betrag: R-011;11.03.2010;12.34,56;1.0;ill grouped;;
        ");
        let about = load(&ended);
        let told = [&about.encoding, &about.encoding_basis, &about.format];
        assert_eq!(
            told.map(|text| text.as_deref().unwrap_or_default()),
            ["windows-1252", "detected", "csv"]
        );
        assert_eq!(about.bytes, i64::try_from(FILE.concat().len()).ok());
        // The file is as it was.
        assert_eq!(std::fs::read(loading.path("liste.csv")).unwrap(), FILE.concat());
    })
    .await;
}
