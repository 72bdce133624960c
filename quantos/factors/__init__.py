"""Alpha factors: uploaded by users, validated and tracked by the platform on its own market data."""

from quantos.kit.compile_cache import use_own_folder

use_own_folder()
