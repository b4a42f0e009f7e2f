//! What is drawn, as text: states are made by messages through the real `update`, and looked at cell by cell.

mod stage;

mod dialogs;
mod panes;
mod sizes;
