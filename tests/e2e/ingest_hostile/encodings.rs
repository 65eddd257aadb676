//! Texts in other encodings than one would think, and in several at once.

use nexus_tests::loading::load;
use nexus_tests::{Loading, bounded};

use super::{HEADER, PROFILE, loaded, loaded_by, tolerant};

/// What a load says of its file's encoding, then its rows.
async fn read(loading: &Loading, bytes: &[u8], profile: &str) -> String {
    let ended = loading.loads("in.csv", bytes, profile).await;
    let id = ended.dataset.dataset.id;
    let about = load(&ended);
    let rows = loading.bed().stored("transactions", id).await;
    let encoding = about.encoding.as_deref().unwrap_or("-");
    let basis = about.encoding_basis.as_deref().unwrap_or("-");
    loading.still_loads().await;
    format!("{encoding}, {basis}\n{rows}")
}

#[tokio::test]
async fn stray_latin_1_lines_in_utf_8_are_rejected_alone() {
    bounded(async {
        let loading = tolerant().await;
        let mut file = [HEADER, &"2010-03-01,1,Müller Söhne\n".repeat(3)].concat().into_bytes();
        file.extend(b"2010-03-02,2,M\xfcller\n2010-03-03,3,Caf\xe9\n");
        file.extend("2010-03-04,4,€ Ł 漢\n".as_bytes());
        insta::assert_snapshot!(loaded(&loading, "mixed.csv", &file).await, @r#"
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "Müller Söhne"}
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "2", "row_no": 2, "party_name": "Müller Söhne"}
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "3", "row_no": 3, "party_name": "Müller Söhne"}
        {"date": "2010-03-04", "amount": 4.0000, "row_id": "6", "row_no": 6, "party_name": "€ Ł 漢"}
        ---
        5 bad_encoding name: 2010-03-02,2,M\xfcller
        6 bad_encoding name: 2010-03-03,3,Caf\xe9
        "#);
        // Stated, nothing else is tried.
        let stated = format!("encoding = \"utf-8\"\n{PROFILE}");
        let latin = [HEADER.as_bytes(), b"2010-03-02,2,M\xfcller\n2010-03-03,3,c\n"].concat();
        insta::assert_snapshot!(loaded_by(&loading, "stated.csv", latin, &stated).await, @r#"
        {"date": "2010-03-03", "amount": 3.0000, "row_id": "2", "row_no": 2, "party_name": "c"}
        ---
        2 bad_encoding name: 2010-03-02,2,M\xfcller
        "#);
    })
    .await;
}

#[tokio::test]
async fn windows_1252_and_utf_16_are_told_and_recorded() {
    bounded(async {
        let loading = Loading::start().await;
        let windows = [HEADER.as_bytes(), b"2010-03-01,1,Caf\xe9 \x80 \x93x\x94\n"].concat();
        insta::assert_snapshot!(read(&loading, &windows, PROFILE).await, @r#"
        windows-1252, detected
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "Café € “x”"}
        "#);
        let text = [HEADER, "2010-03-01,1,Café €\n"].concat();
        let utf8 = ["\u{feff}", &text].concat();
        insta::assert_snapshot!(read(&loading, utf8.as_bytes(), PROFILE).await, @r#"
        utf-8, byte order mark
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "Café €"}
        "#);
        let units = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        let mut found = Vec::new();
        for text in [&text, &utf8] {
            for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                found.push(read(&loading, &units(text, bytes), PROFILE).await);
            }
        }
        insta::assert_snapshot!(found.join("\n"), @r#"
        utf-16le, detected
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "Café €"}
        utf-16be, detected
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "Café €"}
        utf-16le, byte order mark
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "Café €"}
        utf-16be, byte order mark
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "Café €"}
        "#);
        let stated = format!("encoding = \"latin-1\"\n{PROFILE}");
        insta::assert_snapshot!(read(&loading, &windows, &stated).await, @r#"
        latin-1, stated by the profile
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "Café  x"}
        "#);
    })
    .await;
}

#[tokio::test]
async fn utf_16_that_is_cut_or_contradicts_its_profile() {
    bounded(async {
        let loading = tolerant().await;
        let text = [HEADER, "2010-03-01,1,a\n2010-03-02,2,b\n"].concat();
        let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        // Half a unit, and a surrogate without its other half in the row before.
        bytes.extend([0x00, 0xd8, b'\n', 0, b'x']);
        insta::assert_snapshot!(loaded(&loading, "cut.csv", &bytes).await, @r#"
        {"date": "2010-03-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "a"}
        {"date": "2010-03-02", "amount": 2.0000, "row_id": "2", "row_no": 2, "party_name": "b"}
        ---
        4 too_few_columns -: \xff
        5 too_few_columns -: \xff
        "#);
        let marked = [b"\xff\xfe".as_slice(), &bytes].concat();
        let stated = format!("encoding = \"utf-8\"\n{PROFILE}");
        insta::assert_snapshot!(loading.fails("marked.csv", marked, &stated).await, @"the profile states utf-8, but the file begins with the byte order mark of utf-16le: correct the profile's encoding, or leave it out");
    })
    .await;
}
