package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
)

// KeyBytes is the length of a vault's key: AES-256.
const KeyBytes = 32

// Vault seals texts with a key that is kept elsewhere than they are, by AES-256-GCM under a random nonce. It is immutable and may be
// used from any goroutine.
type Vault struct{ aead cipher.AEAD }

// NewVault is a vault with a key of KeyBytes bytes.
func NewVault(key []byte) (*Vault, error) {
	if len(key) != KeyBytes {
		return nil, errors.New("a key has 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Vault{aead}, err
}

// Seal encrypts a text for the object of that ID: under another ID it does not open.
func (v *Vault) Seal(id uint32, text string) []byte {
	return v.aead.Seal(nil, nil, []byte(text), bound(id))
}

// Open decrypts what Seal made. It fails for another key, another ID, and for what was changed.
func (v *Vault) Open(id uint32, sealed []byte) (string, error) {
	text, err := v.aead.Open(nil, nil, sealed, bound(id))
	if err != nil {
		return "", errors.New("it was sealed with another key, or is damaged")
	}
	return string(text), nil
}

// NewKey is a random key.
func NewKey() []byte {
	key := make([]byte, KeyBytes)
	_, _ = rand.Read(key) // never fails
	return key
}

func bound(id uint32) []byte { return binary.BigEndian.AppendUint32([]byte("vexstream secret "), id) }
