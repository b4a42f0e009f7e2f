//! One open dataset: its threads, and which of them does what.

use super::Account;
use super::copies::Copies;
use super::counter::Count;
use super::drafts::{Drafts, DraftsJob};
use super::exchange::{Exchange, ExchangeThread};
use super::media::Media;
use super::reader::{Reader, ReaderJob};
use super::runner::Answers;
use super::sounds::SoundTable;
use super::writer::{Writer, WriterJob};
use crate::app::{DatasetInfo, Effect, Message, Place};
use crate::config::Config;
use crate::domain::UserError;
use crate::ops::{Locate, Make, Opened, OpsError, Registry, locate, network_warning};
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;

/// The threads of an open dataset.
pub(super) struct Session {
    pub(super) sounds: Arc<SoundTable>,
    pub(super) media: Media,
    /// Whether its files may leave this machine as they are.
    pub(super) originals: bool,
    writer: Writer,
    reader: Reader,
    drafts: Drafts,
    exchange: ExchangeThread,
    _copies: Copies,
    answers: Answers,
}

/// The name under which a person's place is kept in the workspace.
pub(super) const PLACE: &str = "place";

impl Session {
    /// Finds the dataset, opens its workspace, starts its threads; and the message that shows it.
    pub(super) fn open(
        dataset: &Locate,
        account: &Account,
        answers: &Answers,
    ) -> Result<(Self, Message), UserError> {
        let now = Timestamp::now();
        let storage = account.config(None).map_err(all_in_one)?.storage;
        let typed = Locate { storage, ..dataset.clone() };
        let opened = locate(&typed, Make::IfMissing, &account.identity, &account.paths, now)?;
        let config = account.config(Some(&opened)).map_err(all_in_one)?;
        let opened = opened.tuned(&config.storage);
        let originals = account.lets_originals_leave(&opened).map_err(all_in_one)?;
        Self::start_threads(&opened, config, originals, account, answers).map_err(UserError::from)
    }

    fn start_threads(
        opened: &Opened,
        config: Config,
        originals: bool,
        account: &Account,
        answers: &Answers,
    ) -> Result<(Self, Message), OpsError> {
        let identity = &account.identity;
        let writing = opened.writer()?;
        let reading = opened.reader()?;
        let counts = reading.counts()?;
        let place =
            reading.recall(PLACE)?.and_then(|json| serde_json::from_str::<Place>(&json).ok());
        let info = DatasetInfo {
            name: opened.dataset.name.clone(),
            source: opened.dataset.source.clone(),
            output: opened.dataset.output.clone(),
            author: identity.author.clone(),
        };

        let sounds = Arc::new(SoundTable::new(
            opened,
            &config.storage,
            &account.paths.cache,
            answers.clone(),
        ));
        let drafts = Drafts::start(
            crate::workspace::Drafts::open(&opened.workspace, identity.clone())?,
            answers.clone(),
        );
        let writer = Writer::start(
            writing,
            opened.clone(),
            config.clone(),
            drafts.sender(),
            answers.clone(),
        );
        let again = opened.clone();
        let another = move || again.reader();
        let reader = Reader::start(reading, another, drafts.sender(), answers.clone())?;
        let media =
            Media::start(opened.reader()?, sounds.clone(), writer.sender(), answers.clone());
        let exchange = Exchange {
            opened: opened.clone(),
            registry: Registry::of(&account.paths),
            home: std::env::var_os("HOME").map(PathBuf::from),
            to_nfc: config.editor.nfc,
        };
        let exchange = ExchangeThread::start(exchange, answers.clone());
        let days = config.workspace.keep_copies;
        let copies = Copies::start(opened.workspace.clone(), days, answers.clone());
        let scope = account.part.or(config.work.part);
        let config = Box::new(config);
        let message = Message::Opened { dataset: info, counts, place, scope, config };
        let answers = answers.clone();
        let session = Self {
            sounds,
            media,
            originals,
            writer,
            reader,
            drafts,
            exchange,
            _copies: copies,
            answers,
        };
        session.ask_rights();
        Ok((session, message))
    }

    /// Hands an effect to the thread that does it.
    pub(super) fn start(&self, effect: Effect) {
        match effect {
            Effect::Page { generation, purpose, request } => {
                self.reader.page(generation, purpose, request);
            }
            Effect::Count { generation, request, first } => {
                self.reader.count(Count { generation, request, first });
            }
            Effect::Counts => self.reader.send(ReaderJob::Counts),
            Effect::Sample { id, asked } => self.reader.send(ReaderJob::Sample { id, asked }),
            Effect::History(id) => self.reader.send(ReaderJob::History(id)),
            Effect::Weigh(ticket, target) => self.writer.send(WriterJob::Weigh(ticket, target)),
            Effect::Label(job) => self.writer.send(WriterJob::Label(job)),
            Effect::Act(deed, target) => self.writer.send(WriterJob::Act(deed, target)),
            Effect::Undo => self.writer.send(WriterJob::Undo),
            Effect::Redo => self.writer.send(WriterJob::Redo),
            Effect::PlanDeletion(ticket, target) => self.ask(move |exchange| {
                Message::DeletionPlanned(ticket, exchange.plan_deletion(&target))
            }),
            Effect::Browse(ticket, folder) => self
                .ask(move |exchange| Message::Browsed(ticket, exchange.browse(folder.as_deref()))),
            Effect::Exchange(ticket, job) => self.exchange.send(ticket, job),
            Effect::CancelExchange(ticket) => self.exchange.cancel(ticket),
            Effect::Lease(id) => self.writer.send(WriterJob::Lease(id)),
            Effect::Release(id) => self.writer.send(WriterJob::Release(id)),
            Effect::Sync => self.writer.send(WriterJob::Sync),
            Effect::CancelSync => self.writer.send(WriterJob::CancelSync),
            Effect::Remember(place) => self.writer.send(WriterJob::Remember(place)),
            Effect::Journal(kind, sample, detail) => {
                self.writer.send(WriterJob::Journal(kind, sample, detail));
            }
            Effect::SaveDraft(job) => self.drafts.send(DraftsJob::Save(job)),
            Effect::DropDraft(key) => self.drafts.send(DraftsJob::Remove(key)),
            Effect::Peaks(detail) => self.media.want(*detail),
            _ => {}
        }
    }

    /// Asks something short that may have to wait for disk or network, beside everything else.
    fn ask(&self, question: impl FnOnce(&Exchange) -> Message + Send + 'static) {
        let (exchange, answers) = (self.exchange.exchange().clone(), self.answers.clone());
        std::thread::spawn(move || answers.send(question(&exchange)));
    }

    /// What is worth a word once the screen shows the dataset.
    pub(super) fn warn(&self) {
        if let Some(warning) = network_warning(&self.exchange.exchange().opened.workspace) {
            self.answers.send(Message::Failed(warning));
        }
    }

    /// What may be done in a bucket is asked once; a folder's own rights tell when something is tried.
    fn ask_rights(&self) {
        if self.exchange.exchange().opened.source.folder().is_some() {
            return;
        }
        let (exchange, answers) = (self.exchange.exchange().clone(), self.answers.clone());
        std::thread::spawn(move || match exchange.rights() {
            Ok(rights) => answers.send(Message::Rights(rights)),
            // Not reachable now: the sync says so.
            Err(error) => tracing::info!(%error, "what the keys may do is not known"),
        });
    }

    /// Ends its threads once everything they were given is done.
    pub(super) fn finish(self) {
        let Self { sounds, media, writer, reader, drafts, exchange, .. } = self;
        exchange.finish();
        sounds.close();
        media.stop();
        reader.finish();
        writer.finish();
        drafts.finish();
    }
}

/// Wrong settings of one dataset, told as one error.
fn all_in_one(errors: Vec<UserError>) -> UserError {
    let mut errors = errors.into_iter();
    let mut first = errors.next().unwrap_or_else(|| UserError::new("the settings are wrong"));
    first.why.extend(errors.map(|error| error.to_string()));
    first
}
