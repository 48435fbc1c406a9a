package auth

import (
	"encoding/base64"
	"testing"
)

// TestVerifierIsPostgres derives a verifier that PostgreSQL 15 made from the same password and salt.
func TestVerifierIsPostgres(t *testing.T) {
	const want = "SCRAM-SHA-256$4096:gXuXMRY3t+dxKZmIW/gjqg==$0F7k4US7Yylt6KCJ1KaT9bGmqVVW6dBKVDz4i8UWmHY=:LGXDBWPR0U2/p3n9zDiVMETmIjO9hokb/NjNGwZHIdw="
	salt, err := base64.StdEncoding.DecodeString("gXuXMRY3t+dxKZmIW/gjqg==")
	if err != nil {
		t.Fatal(err)
	}
	if have, err := derive("pencil", salt, iterations); err != nil || have != want {
		t.Errorf("%s, %v", have, err)
	}
	if have, err := Verifier(want); err != nil || have != want {
		t.Errorf("a verifier becomes %s, %v", have, err)
	}
	a, err := Verifier("pencil")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := Verifier("pencil"); a == b || !made.MatchString(a) {
		t.Errorf("verifiers of one password: %s and %s", a, b)
	}
}
