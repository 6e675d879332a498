//! What a request asks an engine for, by its path, as records call it: its `route`.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    Chat,
    /// Chat as Anthropic's clients ask for it.
    Messages,
    Completions,
    Responses,
    Embeddings,
    Rerank,
    Transcriptions,
    Translations,
    Speech,
    Images,
    #[default]
    Other,
}

impl Kind {
    /// `path` may have a query.
    pub fn of(path: &[u8]) -> Self {
        match path.split(|byte| *byte == b'?').next().unwrap_or_default() {
            b"/v1/chat/completions" => Self::Chat,
            b"/v1/messages" => Self::Messages,
            b"/v1/completions" => Self::Completions,
            b"/v1/responses" => Self::Responses,
            b"/v1/embeddings" => Self::Embeddings,
            b"/v1/rerank" | b"/v1/score" => Self::Rerank,
            b"/v1/audio/transcriptions" => Self::Transcriptions,
            b"/v1/audio/translations" => Self::Translations,
            b"/v1/audio/speech" => Self::Speech,
            b"/v1/images/generations" | b"/v1/images/edits" | b"/v1/images/variations" => Self::Images,
            _ => Self::Other,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Chat | Self::Messages => "chat",
            Self::Completions => "completions",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
            Self::Rerank => "rerank",
            Self::Transcriptions => "transcriptions",
            Self::Translations => "translations",
            Self::Speech => "speech",
            Self::Images => "images",
            Self::Other => "other",
        }
    }

    /// Whether its answers use what is paid for.
    pub fn uses(self) -> bool {
        self != Self::Other
    }

    /// Whether a recording comes with it.
    pub fn hears(self) -> bool {
        matches!(self, Self::Transcriptions | Self::Translations)
    }

    /// Whether a stream says what it used only at its end.
    pub fn says_late(self) -> bool {
        matches!(self, Self::Responses | Self::Messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_is_asked_for() {
        let cases: [(&[u8], &str, bool); 8] = [
            (b"/v1/chat/completions", "chat", true),
            (b"/v1/messages?beta=true", "chat", true),
            (b"/v1/audio/translations", "translations", true),
            (b"/v1/images/edits", "images", true),
            (b"/v1/responses/resp_1", "other", false),
            (b"/v1/models", "other", false),
            (b"/v1/chat/completions/", "other", false),
            (b"", "other", false),
        ];
        for (path, name, uses) in cases {
            assert_eq!((Kind::of(path).name(), Kind::of(path).uses()), (name, uses));
        }
    }
}
