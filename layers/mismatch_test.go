package layers

import (
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
)

// TestUnequalInputsAreExplained wants the hint to name the likely cause and what to do.
func TestUnequalInputsAreExplained(t *testing.T) {
	for _, tc := range []struct{ text, hint string }{
		{ // an odd extent is halved upwards and doubled again
			`net width=15 height=15 channels=3
			empty
			maxpool stride=2
			maxpool stride=2
			upsample stride=2
			upsample stride=2
			route layers=0,-1`,
			"layer 1 [maxpool] (line 6) takes 15×15 to 8×8, which is not an exact division. Choose a width= and height= in [net] that are multiples of 4, such as 16×16.",
		},
		{ // a pooling without enough padding
			`net width=16 height=16 channels=3
			empty
			maxpool size=5 padding=2
			route layers=-1,0`,
			"layer 1 [maxpool] (line 6) takes 16×16 to 14×14 at stride 1: check its size=",
		},
		{ // a wrong reference
			`net width=16 height=16 channels=3
			empty
			maxpool stride=4
			shortcut from=0 activation=leaky
			route layers=1,0`,
			"layer 0 [empty] (line 5) is 4 times larger. Check the layer numbers, or bring both to one size with [upsample] stride=4",
		},
		{
			`net width=16 height=6 channels=3
			empty
			crop crop_width=3 crop_height=5
			route layers=1,0`,
			"Check the layer numbers",
		},
	} {
		_, _, diags, _ := parse(t, tc.text)
		found := false
		for _, d := range diags {
			if d.Severity == cfg.Error && strings.Contains(d.Message, "width and height differ") && len(d.Related) == 2 {
				found = found || strings.Contains(d.Hint, tc.hint)
			}
		}
		if !found {
			t.Errorf("%v lacks the hint %q", diags, tc.hint)
			for _, d := range diags {
				t.Log(d.Hint)
			}
		}
	}
}
