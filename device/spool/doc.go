// Package spool is what a unit remembers on its memory card: the signed
// snapshots that it holds, the proof that the centre has not stored yet, the
// item detail of 60 days, its alive mark with the timetable's state, and its media.
//
// Power may be cut at any byte. What must survive is written in one of two ways:
// records are appended to segments, each with its length and a CRC32C, and
// synced; single values are written aside, synced, and renamed over the old. At
// open a torn tail is cut off, what is damaged in the middle is copied to a file
// named *.bad and reported as a condition, and everything that is whole is kept.
// Damage is never a reason not to start.
//
// The files, all lower case and at most one directory deep:
//
//	id, session, ledger, acked, reserved                    single values
//	held/area-<id>.bulletin, held/keys.keyring, …           signed envelopes
//	outbox/<first seq>.seg, detail/<first seq>.seg          segments
//	alive/<first seq>.seg                                   alive marks
//	media/<hash>, media/<hash>.part                         verified files, downloads
package spool
