use axum::Json;
use axum::extract::State;
use nexus_jobs::{JobId, State as JobState, TenantId};
use nexus_schema::jobs::{self, Filter};
use nexus_schema::ledger::{self, CancelAnswer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, Json as Body, JsonBody, decode};

/// Jobs called off by one request. More are further requests: what was called off matches no more.
const STEP: u32 = 500;

const REASON: &str = "cancelled by an operator";

/// Why one job is cancelled.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelJob {
    /// For the record.
    reason: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Answered {
    /// The job.
    id: i64,
    /// What became of it.
    answer: CancelAnswer,
}

/// Cancel a job
///
/// One that waits is cancelled at once, one that runs is asked to stop.
#[utoipa::path(post, path = "/v1/jobs/{id}/cancel", tag = super::TAG,
    request_body(content = Option<CancelJob>, content_type = "application/json"),
    params(("id" = i64, Path, description = "The job")),
    responses(
        (status = 200, body = Answered),
        (status = 404, body = ErrorBody, description = "There is no such job, or no longer"),
        Refusals,
    ))]
pub(super) async fn cancel_job(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Id(id): Id,
    body: Option<JsonBody>,
) -> Result<Json<Answered>, ApiError> {
    let asked: CancelJob = match body {
        Some(JsonBody(bytes)) => decode(&bytes)?,
        None => CancelJob::default(),
    };
    let reason = asked.reason.as_deref().unwrap_or(REASON);
    let mut conn = app.connection().await?;
    let answers = ledger::cancel_jobs(&mut conn, &[JobId(id)], reason, &actor).await?;
    match answers.first() {
        Some(&(_, answer)) if answer != CancelAnswer::Unknown => Ok(Json(Answered { id, answer })),
        _ => Err(ApiError::not_found("job", id)),
    }
}

/// Which jobs to cancel: at least one of the fields that narrow them down, or `all`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelJobs {
    /// In one of these states.
    #[schema(example = json!(["available", "retryable"]))]
    #[serde(default)]
    states: Vec<String>,
    /// Of this kind.
    kind: Option<String>,
    /// In this queue.
    queue: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// Of this tenant.
    tenant_id: Option<i64>,
    /// All unfinished jobs.
    #[serde(default)]
    all: bool,
    /// For the record.
    reason: Option<String>,
    /// Only count them.
    #[serde(default)]
    dry_run: bool,
    /// Only those with higher ids: the `next` of the request before.
    #[serde(default)]
    after: i64,
    /// Only those with ids up to this: the `through` of the first request, so that jobs enqueued
    /// meanwhile are left alone.
    through: Option<i64>,
}

/// What became of up to 500 jobs.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct CancelledJobs {
    /// How many unfinished jobs match, as counted at the first request.
    matching: Option<i64>,
    /// What became of those of this request.
    answers: Vec<Answered>,
    /// Where the next request starts; left out at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
    /// The last job that matched.
    through: Option<i64>,
}

/// Cancel many jobs by what they have in common
///
/// A request cancels up to 500 of them; while the answer has a `next`, go on with that as `after` and
/// the same `through`.
#[utoipa::path(post, path = "/v1/jobs/cancel", tag = super::TAG, request_body = CancelJobs,
    responses(
        (status = 200, body = CancelledJobs),
        (status = 422, body = ErrorBody, description = "Nothing says which jobs, or a state is final"),
        Refusals,
    ))]
pub(super) async fn cancel_jobs(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Body(asked): Body<CancelJobs>,
) -> Result<Json<CancelledJobs>, ApiError> {
    let states = asked.states.iter().map(|state| state.parse());
    let filter = Filter {
        states: states
            .collect::<Result<Vec<JobState>, String>>()
            .map_err(ApiError::invalid)?,
        kind: asked.kind,
        queue: asked.queue,
        tenant: asked.tenant_id.map(TenantId),
        tag: asked.tag,
    };
    if !asked.all && filter.is_open() {
        let wrong = ApiError::invalid("nothing says which jobs");
        return Err(wrong.hint("give states, kind, queue, tag or tenant_id, or \"all\": true"));
    }
    let mut conn = app.connection().await?;
    let mut cancelled = CancelledJobs {
        through: asked.through,
        ..CancelledJobs::default()
    };
    if asked.through.is_none() || asked.dry_run {
        let survey = jobs::survey(&mut conn, &filter).await?;
        cancelled.matching = Some(survey.jobs);
        cancelled.through = survey.last;
    }
    if let Some(through) = cancelled.through.filter(|_| !asked.dry_run) {
        let range = (JobId(asked.after), JobId(through));
        let reason = asked.reason.as_deref().unwrap_or(REASON);
        let step = ledger::cancel_matching(&mut conn, &filter, range, STEP, reason, &actor).await?;
        cancelled.next = step.next.map(|id| id.0);
        let answers = step.answers.into_iter();
        cancelled.answers = answers
            .map(|(id, answer)| Answered { id: id.0, answer })
            .collect();
    }
    Ok(Json(cancelled))
}
