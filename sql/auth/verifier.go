package auth

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
	"strconv"

	"github.com/xdg-go/stringprep"
)

// Iterations and salt of a verifier, as PostgreSQL chooses them.
const (
	iterations = 4096
	saltBytes  = 16
)

var made = regexp.MustCompile(`^SCRAM-SHA-256\$[1-9][0-9]*:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$`)

// Verifier gives what is stored of a password. A text that is a verifier already is kept as it is.
func Verifier(password string) (string, error) {
	if made.MatchString(password) {
		return password, nil
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)                                                  // never fails
	if prepared, err := stringprep.SASLprep.Prepare(password); err == nil { // else it is taken as it is, as PostgreSQL does
		password = prepared
	}
	return derive(password, salt, iterations)
}

// Matches says whether a password is the one that a verifier was made of. It takes as long as making one.
func Matches(verifier, password string) bool {
	stored, err := parseVerifier(verifier)
	if err != nil {
		return false
	}
	if prepared, err := stringprep.SASLprep.Prepare(password); err == nil {
		password = prepared
	}
	made, err := derive(password, []byte(stored.Salt), stored.Iters)
	return err == nil && subtle.ConstantTimeCompare([]byte(made), []byte(verifier)) == 1
}

func derive(password string, salt []byte, rounds int) (string, error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return "SCRAM-SHA-256$" + strconv.Itoa(rounds) + ":" + b64(salt) + "$" + b64(stored[:]) + ":" + b64(mac(salted, "Server Key")), nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
