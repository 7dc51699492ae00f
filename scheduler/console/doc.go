// Package console holds the pages that people open in a browser. They stand on
// the HTTP API alone; scripts and styles are files of our own, so that a strict
// content security policy holds and nothing is loaded from outside.
package console
