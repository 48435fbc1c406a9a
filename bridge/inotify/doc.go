// Package inotify is the source that needs no privilege and runs everywhere: fsnotify over Linux's inotify, and over
// what macOS and Windows have instead. It says which file changed, not who did it.
//
// One watch covers one directory, so the tree is walked and every directory added; a directory that appears is added
// and then read, so that what was made in it meanwhile is not missed (rows flagged 'rescan').
//
//	fsnotify ──► Events ──► row ──► Feed
//	                 │ a new directory: watch it, read it
//	                 ╰ overflow: a Loss row, and the whole tree is read again
//
// # Concurrency
//
// Run drains fsnotify in one goroutine and pushes from the calling one. Close and Stats may be called by any.
package inotify
