"""What a person can do, one function per deed; front ends only call these."""
