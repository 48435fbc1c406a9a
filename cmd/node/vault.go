package node

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/auth"
)

const secretKeyFile = "secret.key"

// vault seals secrets with a key that is in a file, or, of a node in memory, nowhere else. The key is read when it is
// first needed: a node without secrets has no use for it. A copy of the catalog alone, such as a backup, tells nobody what the secrets are.
type vault struct {
	dir  string // the data folder
	file string // where the key is; empty: in dir

	mu   sync.Mutex // guards what follows
	open *auth.Vault
}

// Seal encrypts a text. The first one makes the key.
func (v *vault) Seal(id uint32, text string) ([]byte, error) {
	key, err := v.key(true)
	if err != nil {
		return nil, err
	}
	return key.Seal(id, text), nil
}

// Open decrypts what Seal made.
func (v *vault) Open(id uint32, sealed []byte) (string, error) {
	key, err := v.key(false)
	if err != nil {
		return "", err
	}
	return key.Open(id, sealed)
}

func (v *vault) key(create bool) (*auth.Vault, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open != nil {
		return v.open, nil
	}
	key, err := v.read(create)
	if err != nil {
		return nil, err
	}
	v.open, err = auth.NewVault(key)
	return v.open, err
}

func (v *vault) read(create bool) ([]byte, error) {
	path := v.file
	switch {
	case path == "" && v.dir == "":
		return auth.NewKey(), nil
	case path == "":
		path = filepath.Join(v.dir, secretKeyFile)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && create && v.file == "" {
		key := auth.NewKey()
		return key, writeDurable(path, []byte(hex.EncodeToString(key)+"\n"))
	}
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot read the key of secrets in %s", path).
			WithHint("The key is not in backups: copy it to where the setting secret-key names it.")
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != auth.KeyBytes {
		return nil, sqlerr.New(sqlerr.DataCorrupted, "the key of secrets in %s is not 64 hexadecimal digits", path).
			WithHint("openssl rand -hex 32 makes one.")
	}
	return key, nil
}
