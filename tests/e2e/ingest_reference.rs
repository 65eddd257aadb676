//! Reference data, natural keys from file to file, and the page that says how good a dataset is.

use nexus_handlers::load_request::LoadInto;
use nexus_jobs::DatasetId;
use nexus_tests::loads::Ended;
use nexus_tests::{ApiRun, Loading, bounded};
use serde_json::Value;

const PARTIES: &str = "role,party_id,party_name,account,address,phone,tax_id\n\
    vendor,V1,Acme Ltd,DE001,1 High St,+49 30 1,DE1\n\
    employee,E1,R. Vance,DE002,,,\n\
    Vendor,V2,Müller,,,,\n\
    friend,F1,Nobody,,,,\n\
    vendor,,Nameless,,,,\n";

const CALENDAR: &str = "entry,date,name,approver,amount,currency\n\
    holiday,2010-12-25,Christmas,,,\n\
    period_end,2010-12-31,,,,\n\
    approval_limit,2010-01-01,,A001,5000.00,EUR\n\
    holiday,2010-02-30,Never,,,\n\
    feast,2010-06-01,,,,\n";

/// Appends to a dataset by a profile.
async fn append(loading: &Loading, to: &Ended, bytes: &str, profile: &str) -> Ended {
    let bed = loading.bed();
    let path = bed.data_file("more.csv", bytes);
    let into = LoadInto::Append(DatasetId(to.dataset.dataset.id));
    let requested = bed.request_into(into, &path, profile, false).await.unwrap();
    let ended = bed.ended(requested).await;
    let state = (&*ended.dataset.dataset.state, &*ended.job.job.state);
    assert_eq!(state, ("loaded", "completed"), "{ended:?}");
    ended
}

async fn tolerant() -> Loading {
    Loading::with(|settings| settings.datasets.reject_share_max = 1.0).await
}

/// The rows of a dataset, then its rejects.
async fn stands(loading: &Loading, table: &str, ended: &Ended) -> String {
    let bed = loading.bed();
    let rows = bed.stored(table, ended.dataset.dataset.id).await;
    format!("{rows}\n---\n{}", bed.rejected(ended).await)
}

#[tokio::test]
async fn parties_load_and_are_appended_to() {
    bounded(async {
        let loading = tolerant().await;
        let first = loading.loads("parties.csv", PARTIES, "canonical-parties").await;
        insta::assert_snapshot!(stands(&loading, "parties", &first).await, @r#"
        {"role": "vendor", "phone": "+49 30 1", "row_id": "1", "row_no": 1, "tax_id": "DE1", "account": "DE001", "address": "1 High St", "party_id": "V1", "party_name": "Acme Ltd"}
        {"role": "employee", "row_id": "2", "row_no": 2, "account": "DE002", "party_id": "E1", "party_name": "R. Vance"}
        {"role": "vendor", "row_id": "3", "row_no": 3, "party_id": "V2", "party_name": "Müller"}
        ---
        5 unknown_value role: friend,F1,Nobody,,,,
        6 missing_field party_id: vendor,,Nameless,,,,
        "#);
        let more = "role,party_id,party_name\nvendor,V3,Third\nvendor,V1,Acme again\n";
        let both = append(&loading, &first, more, "canonical-parties").await;
        insta::assert_snapshot!(stands(&loading, "parties", &both).await, @r#"
        {"role": "vendor", "phone": "+49 30 1", "row_id": "1", "row_no": 1, "tax_id": "DE1", "account": "DE001", "address": "1 High St", "party_id": "V1", "party_name": "Acme Ltd"}
        {"role": "employee", "row_id": "2", "row_no": 2, "account": "DE002", "party_id": "E1", "party_name": "R. Vance"}
        {"role": "vendor", "row_id": "3", "row_no": 3, "party_id": "V2", "party_name": "Müller"}
        {"role": "vendor", "row_id": "6", "row_no": 6, "party_id": "V3", "party_name": "Third"}
        {"role": "vendor", "row_id": "7", "row_no": 7, "party_id": "V1", "party_name": "Acme again"}
        ---
        5 unknown_value role: friend,F1,Nobody,,,,
        6 missing_field party_id: vendor,,Nameless,,,,
        "#);
        let repeated = both.dataset.loads[1].duplicates.as_ref();
        insta::assert_snapshot!(serde_json::to_string(&repeated).unwrap(), @r#"{"policy":"keep","key":["role","party_id"],"rows":1,"keys":1}"#);
    })
    .await;
}

#[tokio::test]
async fn calendars_load_and_are_appended_to() {
    bounded(async {
        let loading = tolerant().await;
        let first = loading.loads("calendar.csv", CALENDAR, "canonical-calendar").await;
        insta::assert_snapshot!(stands(&loading, "calendars", &first).await, @r#"
        {"date": "2010-12-25", "name": "Christmas", "entry": "holiday", "row_id": "1", "row_no": 1}
        {"date": "2010-12-31", "entry": "period_end", "row_id": "2", "row_no": 2}
        {"date": "2010-01-01", "entry": "approval_limit", "amount": 5000.0000, "row_id": "3", "row_no": 3, "approver": "A001", "currency": "EUR"}
        ---
        5 bad_date date: holiday,2010-02-30,Never,,,
        6 unknown_value entry: feast,2010-06-01,,,,
        "#);
        let more = "entry,date,name\nholiday,2011-01-01,New Year\n";
        let both = append(&loading, &first, more, "canonical-calendar").await;
        assert_eq!(both.dataset.dataset.rows_loaded, 4);
        let row = r#"name": "New Year"#;
        let rows = stands(&loading, "calendars", &both).await;
        assert!(rows.contains(row), "{rows}");
    })
    .await;
}

/// Payments whose natural key is the document.
fn payments(policy: &str) -> String {
    format!(
        "type = \"transactions\"\n[columns]\nrow_id = \"@row\"\ndocument_number = \"doc\"\n\
         date = \"date\"\namount = \"amount\"\n\
         [duplicates]\npolicy = \"{policy}\"\nkey = [\"document_number\"]\n"
    )
}

const FIRST: &str =
    "doc,date,amount\nA,2010-01-01,1\nB,2010-01-02,2\nA,2010-01-03,3\n,2010-01-04,4\n";
const SECOND: &str = "doc,date,amount\nB,2010-02-01,5\nC,2010-02-02,6\n,2010-02-03,7\n";

/// Two files under a policy: the rows and rejects that stand, and what the second load says.
async fn by_policy(policy: &str) -> String {
    let loading = tolerant().await;
    let profile = payments(policy);
    let first = loading.loads("first.csv", FIRST, &profile).await;
    let both = append(&loading, &first, SECOND, &profile).await;
    let stands = stands(&loading, "transactions", &both).await;
    let about = &both.dataset.dataset;
    let loads = both.dataset.loads.iter().map(|load| {
        let told = serde_json::to_string(&load.duplicates).unwrap();
        format!("{} of {}: {told}", load.rows_loaded, load.rows_read)
    });
    let loads = loads.collect::<Vec<_>>().join("\n");
    let sums = serde_json::to_string(&both.dataset.sums).unwrap();
    format!(
        "{stands}\n---\n{} of {}\n{loads}\n{sums}",
        about.rows_loaded, about.rows_read
    )
}

#[tokio::test]
async fn a_repeated_key_is_kept_by_default() {
    bounded(async {
        insta::assert_snapshot!(by_policy("keep").await, @r#"
        {"date": "2010-01-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "document_number": "A"}
        {"date": "2010-01-02", "amount": 2.0000, "row_id": "2", "row_no": 2, "document_number": "B"}
        {"date": "2010-01-03", "amount": 3.0000, "row_id": "3", "row_no": 3, "document_number": "A"}
        {"date": "2010-01-04", "amount": 4.0000, "row_id": "4", "row_no": 4}
        {"date": "2010-02-01", "amount": 5.0000, "row_id": "5", "row_no": 5, "document_number": "B"}
        {"date": "2010-02-02", "amount": 6.0000, "row_id": "6", "row_no": 6, "document_number": "C"}
        {"date": "2010-02-03", "amount": 7.0000, "row_id": "7", "row_no": 7}
        ---

        ---
        7 of 7
        4 of 4: {"policy":"keep","key":["document_number"],"rows":1,"keys":1}
        3 of 3: {"policy":"keep","key":["document_number"],"rows":1,"keys":1}
        [{"currency":"","rows":7,"amount_sum":"28.0000"}]
        "#);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_key_is_rejected_where_the_profile_says_so() {
    bounded(async {
        insta::assert_snapshot!(by_policy("reject").await, @r#"
        {"date": "2010-01-01", "amount": 1.0000, "row_id": "1", "row_no": 1, "document_number": "A"}
        {"date": "2010-01-02", "amount": 2.0000, "row_id": "2", "row_no": 2, "document_number": "B"}
        {"date": "2010-01-04", "amount": 4.0000, "row_id": "4", "row_no": 4}
        {"date": "2010-02-02", "amount": 6.0000, "row_id": "6", "row_no": 6, "document_number": "C"}
        {"date": "2010-02-03", "amount": 7.0000, "row_id": "7", "row_no": 7}
        ---
        0 duplicate_key -: A
        0 duplicate_key -: B
        ---
        5 of 7
        3 of 4: {"policy":"reject","key":["document_number"],"rows":1,"keys":1}
        2 of 3: {"policy":"reject","key":["document_number"],"rows":1,"keys":1}
        [{"currency":"","rows":5,"amount_sum":"20.0000"}]
        "#);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_key_replaces_the_earlier_row_where_the_profile_says_so() {
    bounded(async {
        insta::assert_snapshot!(by_policy("replace").await, @r#"
        {"date": "2010-01-03", "amount": 3.0000, "row_id": "3", "row_no": 3, "document_number": "A"}
        {"date": "2010-01-04", "amount": 4.0000, "row_id": "4", "row_no": 4}
        {"date": "2010-02-01", "amount": 5.0000, "row_id": "5", "row_no": 5, "document_number": "B"}
        {"date": "2010-02-02", "amount": 6.0000, "row_id": "6", "row_no": 6, "document_number": "C"}
        {"date": "2010-02-03", "amount": 7.0000, "row_id": "7", "row_no": 7}
        ---

        ---
        5 of 7
        3 of 4: {"policy":"replace","key":["document_number"],"rows":1,"keys":1}
        3 of 3: {"policy":"replace","key":["document_number"],"rows":1,"keys":1}
        [{"currency":"","rows":5,"amount_sum":"25.0000"}]
        "#);
    })
    .await;
}

#[tokio::test]
async fn the_quality_of_a_dataset_is_shown_by_api_and_command_line_alike() {
    bounded(async {
        let loading = tolerant().await;
        let profile = payments("keep");
        let spoilt = [FIRST, "D,2010-02-30,8\n"].concat();
        let first = loading.loads("first.csv", spoilt, &profile).await;
        let both = append(&loading, &first, SECOND, &profile).await;
        let bed = loading.bed();
        let id = both.dataset.dataset.id.to_string();
        let api = ApiRun::start(bed).await;
        let told = api
            .get(format!("/v1/datasets/{id}/quality"))
            .await
            .expect(200);
        let printed = bed.nexus_ok(&["datasets", "quality", &id, "--json"]).await;
        assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), told);
        assert_eq!(told["dataset"]["rows_loaded"], 7);
        assert_eq!(told["loads"].as_array().unwrap().len(), 2);
        let columns = told["columns"].as_array().unwrap();
        let column = |field: &str| {
            columns
                .iter()
                .find(|column| column["field"] == field)
                .unwrap()
        };
        let document = column("document_number");
        insta::assert_snapshot!(document, @r#"{"distinct_estimate":3,"distinct_is_exact":true,"field":"document_number","length_max":1,"length_min":1,"nulls":2,"position":12,"rows":7,"top":[{"at_least":2,"at_most":3,"value":"A"}],"value_max":"C","value_min":"A"}"#);
        insta::assert_snapshot!(column("amount"), @r#"{"distinct_estimate":7,"distinct_is_exact":true,"field":"amount","length_max":null,"length_min":null,"nulls":0,"position":4,"rows":7,"top":[],"value_max":"7.0000","value_min":"1.0000"}"#);
        let page = bed.nexus_ok(&["datasets", "quality", &id]).await;
        for line in page.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for part in [
            "quality of dataset",
            "rejected, by reason",
            "bad_date",
            "document_number",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        api.get("/v1/datasets/404/quality").await.error(404);
        let none = bed.nexus(&["datasets", "quality", "404"]).await;
        assert_ne!(none.status.code(), Some(0));
    })
    .await;
}
