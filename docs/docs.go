// Package docs holds the reference pages of ghostdark and the tests that keep them true: the
// page of the cfg dialect is written from the tables by which the program reads cfg files,
// links lead somewhere, and the commands that README.md shows give the output it shows.
package docs

//go:generate go run ./_gen cfg.md
