"""`python -m quantos.verification.offline`, and what the single file runs."""

from quantos.verification.offline.program import main

if __name__ == "__main__":
    main()
