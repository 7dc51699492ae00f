// Package scheduler is the domain of the centre: areas, units, assets,
// playlists, programmes, warnings, and what is decided about them. It is pure:
// it reads no clock and does no input or output; time comes in as an argument.
//
// The rooms below it (store, fleet, watch, api) meet only in app.
package scheduler
