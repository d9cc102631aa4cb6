//! `/limits`.

use serde_json::{Value, json};

use super::run::Call;

pub(super) fn limits(call: &mut Call) -> Value {
    let most = call.state.settings.api_daily_limit;
    let used = call.state.usage.total(call.now);
    let limit = |most: u64, left: u64| json!({"Max": most, "Remaining": left});
    json!({
        "DailyApiRequests": limit(most, most.saturating_sub(used)),
        "DataStorageMB": limit(10_240, 10_000),
        "FileStorageMB": limit(10_240, 10_000),
        "SingleEmail": limit(5_000, 5_000)
    })
}
