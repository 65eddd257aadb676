//! What each index would cost a bulk load: why the tables of examined data have only BRIN.

use nexus_schema::copy::{Indexed, LeafRows, copy_into};

use super::Scale;
use super::chunks::Encoded;
use super::figure::Figure;
use super::median;
use super::rig::{Rig, per_second};

const INDEXED: [(&str, Indexed); 5] = [
    ("indexes.brin_rows_per_s", Indexed::Brin),
    ("indexes.btree_dataset_rows_per_s", Indexed::BtreeDataset),
    (
        "indexes.unique_row_number_rows_per_s",
        Indexed::UniqueRowNumber,
    ),
    ("indexes.unique_row_id_rows_per_s", Indexed::UniqueRowId),
    ("indexes.btree_party_rows_per_s", Indexed::BtreeParty),
];

/// Copies the same rows into tables that differ in their index; the ceiling has none.
pub(super) async fn measure(
    rig: &Rig,
    encoded: &Encoded,
    scale: Scale,
) -> anyhow::Result<Vec<Figure>> {
    let mut rates = vec![Vec::new(); INDEXED.len()];
    let mut bare = Vec::new();
    for _ in 0..scale.rounds {
        bare.push(rate(rig, encoded, Indexed::Nothing).await?);
        for ((_, indexed), rates) in INDEXED.iter().zip(&mut rates) {
            rates.push(rate(rig, encoded, *indexed).await?);
        }
    }
    let bare = median(bare);
    let figures = INDEXED.iter().zip(rates);
    Ok(figures
        .map(|((name, _), rates)| Figure::beside(name, median(rates), "rows/s", bare))
        .collect())
}

async fn rate(rig: &Rig, encoded: &Encoded, indexed: Indexed) -> anyhow::Result<f64> {
    let chunks: Vec<Vec<LeafRows>> = encoded.leaves();
    let took = copy_into(&rig.settings.postgres, indexed, chunks).await?;
    Ok(per_second(encoded.rows, took))
}
