"""Small word lists for inventing people. Every company here is made up."""

from __future__ import annotations

GIVEN_NAMES = (
    "Amara", "Björn", "Chidi", "Dilnoza", "Élodie", "Farid", "Giulia", "Hanako", "Ignacio", "Jana",
    "Kofi", "Leilani", "Mateus", "Nadia", "Oluwaseun", "Priya", "Quang", "Rania", "Søren", "Tomasz",
    "Ufuk", "Valentina", "Wanjiru", "Xiomara", "Yusuf", "Zofia", "Aino", "Bogdan", "Carmen",
)  # fmt: skip
FAMILY_NAMES = (
    "Abebe", "Bianchi", "Çelik", "Dąbrowska", "Eriksen", "Fofanah", "García", "Haddad", "Ivanova",
    "Jansen", "Kowalski", "Lindqvist", "Müller", "Nakamura", "O'Brien", "Quispe", "Reyes",
    "Singh", "Tanaka", "Usman", "Villanueva", "Wójcik", "Xu", "Öztürk", "Zhang", "Adeyemi", "Novák",
)  # fmt: skip
COMPANIES = (
    "Amberline Logistics", "Bluefjord Analytics", "Copperleaf Tea", "Dovetail Robotics",
    "Eastmoor Dairy", "Fernhollow Press", "Harrowgate Optics", "Inkstone Studio",
    "Juniper & Slate", "Kestrel Freight", "Lanternfish Labs", "Mossbank Timber",
    "Orrery Software", "Pinecone Insurance", "Quillfeather Legal", "Rookery Games",
)  # fmt: skip
JOB_TITLES = (
    "Chief Technology Officer", "Head of Sales", "Account Executive", "Operations Manager",
    "Marketing Director", "Procurement Lead", "Software Engineer", "Finance Manager", "Founder",
    "Customer Success Manager", "Plant Manager", "Legal Counsel",
)  # fmt: skip
INDUSTRIES = ("Logistics", "Software", "Food", "Manufacturing", "Publishing", "Insurance", "Games")
CITIES = ("Lisbon", "Leeds", "Chicago", "Tampere", "Nairobi", "Osaka", "Lima", "Gdańsk", "Toronto")
