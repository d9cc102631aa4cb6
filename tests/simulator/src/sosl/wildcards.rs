//! Searches with more wildcards than an org bears.

use super::terms::Terms;
use crate::error::ApiError;
use crate::phones::Glyph;
use crate::world::OrgState;

/// Refuses a search, or takes out of it what goes beyond.
pub(super) fn limit(state: &OrgState, terms: &mut Terms) -> Result<(), ApiError> {
    let Some(wildcards) = state.settings.strain.wildcards else {
        return Ok(());
    };
    let mut left = wildcards.most;
    if cut(terms, &mut left) && wildcards.refuses {
        return Err(ApiError::new(
            400,
            "INVALID_SEARCH",
            "Your search has too many wildcards: use more specific search terms",
        ));
    }
    Ok(())
}

/// Makes the terms whose wildcards are too many find nothing; whether there are any.
fn cut(terms: &mut Terms, left: &mut usize) -> bool {
    match terms {
        Terms::Nothing => false,
        Terms::One(term) => {
            let wild = |glyph: &&Glyph| !matches!(glyph, Glyph::Char(_));
            match left.checked_sub(term.iter().filter(wild).count()) {
                Some(rest) => *left = rest,
                None => *terms = Terms::Nothing,
            }
            *terms == Terms::Nothing
        }
        Terms::And(parts) | Terms::Or(parts) => {
            let cut: Vec<bool> = parts.iter_mut().map(|part| cut(part, left)).collect();
            cut.contains(&true)
        }
        Terms::Without(first, second) => {
            let first = cut(first, left);
            cut(second, left) || first
        }
    }
}
