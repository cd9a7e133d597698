package layers

import (
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
)

func TestGeometry(t *testing.T) {
	for _, c := range []struct{ section, want string }{
		{"[convolutional]\nfilters=4\nsize=3\nstride=2\npad=1", "3×3/2"},
		{"[convolutional]\nfilters=4\nsize=1", "1×1"},
		{"[convolutional]\nfilters=4\nsize=3\nstride_x=1\nstride_y=2\nstride=2\npad=1", "3×3/1×2"},
		{"[convolutional]\nfilters=8\ngroups=4\nsize=3\npad=1\ndilation=2", "3×3 dw d=2"},
		{"[convolutional]\nfilters=8\ngroups=2\nsize=3\nstride=2\npad=1\nantialiasing=1", "3×3/2 g=2"},
		{"[maxpool]\nsize=3\nstride=2\nantialiasing=1", "3×3/2"},
		{"[local_avgpool]\nstride=2", "2×2/2"},
		{"[local]\nsize=3\nstride=1", "3×3"},
		{"[deconvolutional]\nsize=4\nstride=2\npadding=1", "4×4 ×2"},
		{"[conv_lstm]\noutput=4\npad=1", "3×3"},
		{"[crnn]\noutput=2\nhidden=2\npad=1", "3×3"},
		{"[upsample]\nstride=2", "×2"},
		{"[upsample]\nstride=-2", "/2"},
		{"[reorg]\nstride=2", "/2"},
		{"[reorg]\nstride=2\nreverse=1", "×2"},
		{"[avgpool]", ""},
	} {
		file, diags := cfg.Parse("net.cfg", []byte("[net]\nwidth=8\nheight=8\nchannels=4\n"+c.section))
		var missing cfg.Diagnostics
		section := file.Sections[1]
		l := Build(section, Lookup(section.Name), ReadNet(file.Sections[0], 0, 0, &diags), nil, nil, &diags, &missing)
		if err := diags.Err(); err != nil {
			t.Errorf("%s: %v", c.section, err)
		}
		if got := l.Geometry().String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.section, got, c.want)
		}
	}
}
