//! Small files that ask for much: many currencies, many months, a key longer than an index holds.

use nexus_tests::{Loading, bounded};

const TRANSACTIONS: &str = r#"
    type = "transactions"
    optional_columns = ["currency"]
    [columns]
    row_id = "@row"
    date = "date"
    amount = "amount"
    currency = "currency"
"#;

/// More sums than one statement has parameters for.
#[tokio::test]
async fn more_currencies_than_there_are_load_with_their_sums() {
    bounded(async {
        let loading = Loading::start().await;
        let letter = |at: u32| char::from(b'A' + u8::try_from(at % 26).unwrap());
        let mut csv = "date,amount,currency\n".to_owned();
        for number in 0..26 * 26 * 26 {
            let code: String = [number / 676, number / 26, number]
                .map(letter)
                .iter()
                .collect();
            csv.push_str(&format!("2024-01-01,1.00,{code}\n"));
        }
        let ended = loading.loads("currencies.csv", csv, TRANSACTIONS).await;
        assert_eq!(ended.dataset.sums.len(), 26 * 26 * 26);
        assert!(ended.dataset.sums.iter().all(|sum| sum.rows == 1));
        loading.still_loads().await;
    })
    .await;
}

#[tokio::test]
async fn dates_in_every_month_of_two_centuries_make_no_partitions() {
    bounded(async {
        let loading = Loading::with(|settings| settings.datasets.months_max = 12).await;
        let mut csv = "date,amount\n".to_owned();
        for year in 1901..2100 {
            csv.push_str(&format!("{year}-06-01,1\n"));
        }
        let partitions = "(SELECT inhrelid FROM pg_inherits WHERE inhparent = 'nexus.transactions'::regclass) AS p";
        let before = loading.bed().count_in(partitions, "true").await;
        insta::assert_snapshot!(
            loading.fails("months.csv", csv, TRANSACTIONS).await,
            @"the file's dates fall into more than 12 months, which is all that datasets.months_max allows: are the dates read rightly?"
        );
        // The good file, which shows that the worker is unharmed, has one of its own.
        let after = loading.bed().count_in(partitions, "true").await;
        assert!(after <= before + 1, "{before} partitions became {after}");
    })
    .await;
}

#[tokio::test]
async fn an_id_longer_than_an_index_holds_is_stored_whole() {
    bounded(async {
        let loading = Loading::start().await;
        // Letters in no order, so that nothing compresses them into an index after all.
        let mut state = 1_u32;
        let id: String = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + u8::try_from((state >> 24) % 26).unwrap())
        })
        .take(20_000)
        .collect();
        let csv = format!("role,party_id\nvendor,V1\nvendor,{id}\n");
        let ended = loading.loads("parties.csv", csv, "canonical-parties").await;
        let dataset = ended.dataset.dataset.id;
        let of = format!("dataset_id = {dataset} AND length(party_id) = 20000");
        assert_eq!(loading.bed().count("parties", &of).await, 1);
        loading.still_loads().await;
    })
    .await;
}
