package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// image writes the container image of deploy/Containerfile in the OCI layout, for each Linux platform.
func (r release) image() error {
	config, owner, err := r.imageConfig()
	if err != nil {
		return err
	}
	var index v1.ImageIndex = mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, t := range r.targets {
		if t.os != "linux" {
			continue
		}
		img, err := r.platformImage(t, config, owner)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{
			Platform:    &v1.Platform{OS: t.os, Architecture: t.arch},
			Annotations: map[string]string{"org.opencontainers.image.ref.name": r.version},
		}})
	}
	dir := filepath.Join(r.root, "bin/image")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if _, err := layout.Write(dir, index); err != nil {
		return err
	}
	written, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return err
	}
	if err := validate.Index(written); err != nil {
		return err
	}
	files, err := folder(dir, "")
	if err != nil {
		return err
	}
	return r.create("rtm-gateway-"+r.version+"-oci.tar", func(w io.Writer) error { return writeTar(w, files, r.time) })
}

func (r release) platformImage(t target, config v1.Config, owner int) (v1.Image, error) {
	content, err := r.layer(t, config.WorkingDir, owner)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	created := v1.Time{Time: r.time}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	base, err = mutate.ConfigFile(base, &v1.ConfigFile{OS: t.os, Architecture: t.arch, Created: created, Config: config, RootFS: v1.RootFS{Type: "layers"}})
	if err != nil {
		return nil, err
	}
	return mutate.Append(base, mutate.Addendum{Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: created, CreatedBy: "make release"}})
}

// layer returns a tar archive with all files of the image. The data folder belongs to the user that runs the gateway.
func (r release) layer(t target, data string, owner int) ([]byte, error) {
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	add := func(name string, mode int64, owner int, content []byte) error {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(name, "/"), Mode: mode, Uid: owner, Gid: owner, Size: int64(len(content)), ModTime: r.time, Format: tar.FormatUSTAR}
		if content == nil {
			header.Typeflag = tar.TypeDir
			header.Name += "/"
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		_, err := archive.Write(content)
		return err
	}
	program, err := os.ReadFile(r.program(t, commands[0]))
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{"/etc", "/etc/ssl", "/etc/ssl/certs", "/usr", "/usr/local", "/usr/local/bin", "/usr/share", "/usr/share/doc", "/var", "/var/lib"} {
		if err := add(folder, 0o755, 0, nil); err != nil {
			return nil, err
		}
	}
	if err := add(data, 0o755, owner, nil); err != nil {
		return nil, err
	}
	if err := add("/etc/ssl/certs/ca-certificates.crt", 0o644, 0, certificates()); err != nil {
		return nil, err
	}
	if err := add("/usr/local/bin/rtm-gateway", 0o755, 0, program); err != nil {
		return nil, err
	}
	for _, name := range []string{"LICENSE", "THIRD_PARTY_LICENSES.txt"} {
		text, err := os.ReadFile(filepath.Join(r.root, name))
		if err != nil {
			return nil, err
		}
		if err := add("/usr/share/doc/"+name, 0o644, 0, text); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// certificates returns the roots that Mozilla trusts, from golang.org/x/crypto. The roots of this machine would make
// images differ. Roots with constraints are left out, because a PEM file can't express the constraints.
func certificates() []byte {
	var roots [][]byte
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			roots = append(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return bytes.Join(roots, nil)
}

var instruction = regexp.MustCompile(`(?m)^(USER|WORKDIR|VOLUME|ENV|EXPOSE|HEALTHCHECK|ENTRYPOINT) (.+)$`)

// imageConfig reads the configuration of the image from the last stage of deploy/Containerfile. owner is its user id.
func (r release) imageConfig() (config v1.Config, owner int, err error) {
	text, err := os.ReadFile(filepath.Join(r.root, "deploy/Containerfile"))
	if err != nil {
		return config, 0, err
	}
	_, stage, found := strings.Cut(string(text), "\nFROM scratch\n")
	if !found {
		return config, 0, fmt.Errorf("deploy/Containerfile has no stage FROM scratch")
	}
	for _, m := range instruction.FindAllStringSubmatch(stage, -1) {
		switch value := m[2]; m[1] {
		case "USER":
			config.User = value
			if _, err := fmt.Sscanf(value, "%d:", &owner); err != nil {
				return config, 0, fmt.Errorf("USER %s: %w", value, err)
			}
		case "WORKDIR":
			config.WorkingDir = value
		case "VOLUME":
			config.Volumes = map[string]struct{}{value: {}}
		case "ENV":
			config.Env = append(config.Env, strings.Fields(value)...)
		case "EXPOSE":
			config.ExposedPorts = map[string]struct{}{value + "/tcp": {}}
		case "ENTRYPOINT":
			err = json.Unmarshal([]byte(value), &config.Entrypoint)
		case "HEALTHCHECK":
			config.Healthcheck, err = healthcheck(value)
		}
		if err != nil {
			return config, 0, fmt.Errorf("%s: %w", m[0], err)
		}
	}
	slices.SortFunc(config.Env, cmp.Compare)
	return config, owner, nil
}

// healthcheck reads "--interval=10s --timeout=6s --start-period=60s CMD [...]".
func healthcheck(value string) (*v1.HealthConfig, error) {
	var check v1.HealthConfig
	options, command, _ := strings.Cut(value, " CMD ")
	if err := json.Unmarshal([]byte(command), &check.Test); err != nil {
		return nil, err
	}
	check.Test = append([]string{"CMD"}, check.Test...)
	for _, option := range strings.Fields(options) {
		name, text, _ := strings.Cut(option, "=")
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, err
		}
		switch name {
		case "--interval":
			check.Interval = d
		case "--timeout":
			check.Timeout = d
		case "--start-period":
			check.StartPeriod = d
		default:
			return nil, fmt.Errorf("unknown option %s", name)
		}
	}
	return &check, nil
}
