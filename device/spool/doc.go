// Package spool is what a unit remembers on its memory card: the signed
// snapshots that it holds, the proof that the centre has not stored yet, the
// item detail of 60 days, its alive mark with the timetable's state, and its media.
//
// Power may be cut at any byte. What must survive is written in one of two ways:
// records are appended to segments, each with its length and a CRC32C, and
// synced; single values are written aside, synced, and renamed over the old. At
// open a torn tail is cut off, what is damaged in the middle is copied to
// quarantine and reported, and everything that is whole is kept. A number of the
// outbox is never given twice, whatever became of the record that bore it.
//
// Neither damage nor a card that takes nothing is a reason not to start or to
// stop playing: what cannot be written counts in memory, is written as soon as
// the card takes it, and stands in Conditions until then. Proof that waits there
// is sent under the name of a spool that lasts as long as the process. A process
// that began without a card hands over to it what it knows when it is back.
//
// Room is made in this order: prepared sound, quarantine, media that nothing names
// any more, proof that the centre has stored and item detail, oldest first. Media leave
// 16 MB of the card to the rest. Proof that the centre has not stored goes last,
// only when it alone is more than 64 MB, and not in silence.
//
// The files, all lower case and at most one directory deep:
//
//	id, id.copy, session, ledger, acked, reserved           single values
//	held/area-<id>.bulletin, held/keys.keyring, …           signed envelopes
//	outbox/<first seq>.seg, detail/<first seq>.seg          segments
//	alive/<first seq>.seg                                   alive marks
//	media/<hash>, media/<hash>.part                         verified files, downloads
//	pcm/<hash>.<maker>, ….part                              prepared sound
//	bad/<number>-<what it was>                              quarantine, at most 4 MB
package spool
