//! (room: workspace)
