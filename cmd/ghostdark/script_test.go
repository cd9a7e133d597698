package main

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/models"
)

func TestMain(m *testing.M) {
	testscript.Main(unset{m}, map[string]func(){
		"ghostdark": func() {
			if os.Getenv("CELLS") != "" { // a server of pull.txtar knows this model
				catalogue = func() []models.Model { return []models.Model{cells("http://models.invalid")} }
			}
			main()
		},
	})
}

// unset runs tests without the settings of whoever runs them.
type unset struct{ *testing.M }

func (u unset) Run() int {
	os.Setenv(variables+"CONFIG", noSettings)
	return u.M.Run()
}

// TestScripts runs the command lines in testdata/script as a user would; $ROOT is the project's
// folder there, and $PROXY a proxy that knows the host models.invalid, which has the files of the model cells. With GHOSTDARK_UPDATE set, the outputs that scripts expect are rewritten.
func TestScripts(t *testing.T) {
	proxy := httptest.NewServer(serveCells(nil))
	t.Cleanup(proxy.Close)
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("GHOSTDARK_UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", testkit.Root())
			env.Setenv("PROXY", proxy.URL)
			return nil
		},
	})
}
