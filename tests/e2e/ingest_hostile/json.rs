//! JSON that is not one flat object a line.

use nexus_tests::loading::load;
use nexus_tests::{Loading, bounded};

use super::{PROFILE, loaded, tolerant};

const GOOD: &str = r#"{"date":"2010-03-01","amount":1.5,"name":"a"}"#;

/// Levels of a value that nests without end.
const LEVELS: usize = 10_000;

#[tokio::test]
async fn values_that_no_field_can_have_are_rejected() {
    bounded(async {
        let loading = tolerant().await;
        let lines = [
            GOOD,
            r#"{"date":"2010-03-02","amount":{"value":2,"currency":"EUR"},"name":"b"}"#,
            r#"{"date":"2010-03-03","amount":[3],"name":"c"}"#,
            r#"{"date":["2010-03-04"],"amount":4}"#,
            r#"{"date":"2010-02-30","amount":5}"#,
            r#"{"date":"2010-03-06","amount":1e400}"#,
            r#"{"date":"2010-03-07","amount":NaN}"#,
            r#"{"date":"2010-03-08","amount":"Infinity"}"#,
            r#"{"date":"2010-03-09","amount":1e15}"#,
            r#"{"date":"2010-03-10","amount":10,"amount":11}"#,
            r#"{"date":"2010-03-11","amount":11,"name":"a\u0000b"}"#,
            r#"{"date":"2010-03-12","amount":12,"name":"\ud800"}"#,
            r#"{"date":"2010-03-13","amount":13"#,
            r#"["2010-03-14",14]"#,
            r#"{"date":"2010-03-15","amount":null}"#,
            r#"{"date":"2010-03-16","amount":0.1,"else":{"deep":[1,{"er":2}]}}"#,
            r#"{"date":"2010-03-17","amount":true}"#,
            r#"{"date":"2010-03-18","amount":18}{"date":"2010-03-18","amount":18}"#,
            "nonsense",
            "",
            r#"{"date":"2010-03-20","amount":123456789012345.6789,"name":"exact"}"#,
        ];
        insta::assert_snapshot!(loaded(&loading, "in.jsonl", lines.join("\n")).await, @r#"
        {"date": "2010-03-01", "amount": 1.5000, "row_id": "1", "row_no": 1, "party_name": "a"}
        {"date": "2010-03-16", "amount": 0.1000, "row_id": "16", "row_no": 16}
        {"date": "2010-03-20", "amount": 123456789012345.6789, "row_id": "20", "row_no": 20, "party_name": "exact"}
        ---
        2 not_scalar amount: {"date":"2010-03-02","amount":{"value":2,"currency":"EUR"},"name":"b"}
        3 not_scalar amount: {"date":"2010-03-03","amount":[3],"name":"c"}
        4 not_scalar date: {"date":["2010-03-04"],"amount":4}
        5 bad_date date: {"date":"2010-02-30","amount":5}
        6 amount_overflow amount: {"date":"2010-03-06","amount":1e400}
        7 bad_json -: {"date":"2010-03-07","amount":NaN}
        8 bad_amount amount: {"date":"2010-03-08","amount":"Infinity"}
        9 amount_overflow amount: {"date":"2010-03-09","amount":1e15}
        10 repeated_field -: {"date":"2010-03-10","amount":10,"amount":11}
        11 nul_byte name: {"date":"2010-03-11","amount":11,"name":"a\u0000b"}
        12 bad_encoding name: {"date":"2010-03-12","amount":12,"name":"\ud800"}
        13 bad_json -: {"date":"2010-03-13","amount":13
        14 bad_json -: ["2010-03-14",14]
        15 missing_field amount: {"date":"2010-03-15","amount":null}
        17 bad_amount amount: {"date":"2010-03-17","amount":true}
        18 bad_json -: {"date":"2010-03-18","amount":18}{"date":"2010-03-18","amount":18}
        19 bad_json -: nonsense
        "#);
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_levels_are_one_bad_line() {
    bounded(async {
        let loading = tolerant().await;
        let deep = |open: &str, close: &str, field: &str| {
            let (open, close) = (open.repeat(LEVELS), close.repeat(LEVELS));
            format!(r#"{{"date":"2010-03-02","amount":2,"{field}":{open}1{close}}}"#)
        };
        let lines = [
            GOOD.to_owned(),
            deep("[", "]", "name"),
            deep(r#"{"x":"#, "}", "name"),
            deep("[", "]", "else"),
            deep("[", "", "else"),
            "[".repeat(LEVELS),
            GOOD.to_owned(),
        ];
        let ended = loading.loads("deep.jsonl", lines.join("\n"), PROFILE).await;
        assert_eq!(load(&ended).format.as_deref(), Some("jsonl"));
        // A field that nobody asks for may nest as it likes, if it ends.
        assert_eq!(ended.dataset.dataset.rows_loaded, 3);
        let rejects = loading.bed().rejected(&ended).await;
        let mut reasons = Vec::new();
        for line in rejects.lines() {
            reasons.push(line.split(':').next().unwrap_or_default());
        }
        insta::assert_snapshot!(reasons.join("\n"), @"
        2 not_scalar name
        3 not_scalar name
        5 bad_json -
        6 bad_json -
        ");
        loading.still_loads().await;
    })
    .await;
}

#[tokio::test]
async fn json_that_is_not_lines_fails() {
    bounded(async {
        let loading = Loading::start().await;
        let error = async |text: &str| loading.fails("in.jsonl", text, PROFILE).await;
        insta::assert_snapshot!(error(&format!("[\n{GOOD},\n{GOOD}\n]\n")).await, @"the file is one JSON array: write it as JSON Lines first, one object a line");
        // A name of ten thousand characters is cut in the error.
        let deep = error(&"[".repeat(LEVELS)).await;
        assert!(deep.len() < LEVELS, "{}", deep.len());
        insta::assert_snapshot!(deep.replace(['[', '…'], ""), @r#"the header does not fit the profile; missing "date" (date), "amount" (amount); the file has "#);
        insta::assert_snapshot!(error("{\n  \"date\": \"2010-03-01\",\n  \"amount\": 1\n}\n").await, @"4 of 4 rows were rejected, 100.0 %; at most 5.0 % may be (datasets.reject_share_max). Most: bad_json 4. The rejects are kept; nothing is loaded");
        insta::assert_snapshot!(error("{\"day\":\"2010-03-01\",\"value\":1}\n").await, @"1 of 1 rows were rejected, 100.0 %; at most 5.0 % may be (datasets.reject_share_max). Most: missing_field 1. The rejects are kept; nothing is loaded");
    })
    .await;
}
