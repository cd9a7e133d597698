package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ghostdark": func() { os.Exit(execute(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command lines in testdata/script as a user would; $ROOT is the project's
// folder there. With GHOSTDARK_UPDATE set, the outputs that scripts expect are rewritten.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("GHOSTDARK_UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", testkit.Root())
			return nil
		},
	})
}
