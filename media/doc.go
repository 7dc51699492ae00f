// Package media owns the identity of files and the place where they lie: a
// file is named by the SHA-256 of its bytes, is never changed, and is either
// whole in the store or not in it.
//
// What the bytes sound like is the business of package audio; how text becomes
// sound, of package speech.
package media
