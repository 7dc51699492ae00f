// Package app is the centre put together: the only room that sees all others.
package app
