// Package structure holds the test that keeps imports going one way.
package structure
