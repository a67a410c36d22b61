"""Runs for other tools: a zip file of CSV tables, of Parquet tables, or of TensorBoard's event files.

What only one of the formats needs is imported when that is asked for.
"""

import csv
import io
import json
import math
import os
import re
import struct
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from cache.flat import flatten
