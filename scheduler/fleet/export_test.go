package fleet

// Backoff is the wait before an attempt.
var Backoff = backoff
