"""Common knowledge for the `recall` task: plain data, three degrees of commonness for each relation.

Each entry is `subject: answer`. Only facts with one right answer are here (no country with two capitals, no word with
two opposites of which the other is an answer as well); subjects and answers contain neither comma nor colon.
"""

from __future__ import annotations

from typing import NamedTuple


class Relation(NamedTuple):
    """How a kind of fact is asked for, what kind of thing its subjects are, and the facts of level 1, 2 and 3."""

    question: str
    kind: str
    facts: tuple[str, str, str]


RELATIONS = {
    "a capital": Relation(
        "What is the capital of {x}?",
        "country",
        (
            """France: Paris, Italy: Rome, Spain: Madrid, England: London, Germany: Berlin, China: Beijing,
            Russia: Moscow, Greece: Athens, Egypt: Cairo, Ireland: Dublin, Portugal: Lisbon, Austria: Vienna,
            Japan: Tokyo, Cuba: Havana, Sweden: Stockholm""",
            """Norway: Oslo, Denmark: Copenhagen, Finland: Helsinki, Poland: Warsaw, Hungary: Budapest, Canada: Ottawa,
            Australia: Canberra, Brazil: Brasilia, Argentina: Buenos Aires, Peru: Lima, Turkey: Ankara, Iran: Tehran,
            Iraq: Baghdad, Thailand: Bangkok, Vietnam: Hanoi, South Korea: Seoul, Kenya: Nairobi, Belgium: Brussels,
            Switzerland: Bern, Romania: Bucharest, Bulgaria: Sofia, Serbia: Belgrade, Croatia: Zagreb, Ukraine: Kyiv,
            Pakistan: Islamabad, Colombia: Bogota, Venezuela: Caracas, Chile: Santiago, Scotland: Edinburgh,
            Iceland: Reykjavik""",
            """Slovenia: Ljubljana, Slovakia: Bratislava, Estonia: Tallinn, Latvia: Riga, Lithuania: Vilnius,
            Albania: Tirana, Moldova: Chisinau, Georgia: Tbilisi, Armenia: Yerevan, Azerbaijan: Baku, Oman: Muscat,
            Qatar: Doha, Nepal: Kathmandu, Bhutan: Thimphu, Mongolia: Ulaanbaatar, Laos: Vientiane,
            Cambodia: Phnom Penh, Bangladesh: Dhaka, Uzbekistan: Tashkent, Turkmenistan: Ashgabat, Fiji: Suva,
            Uganda: Kampala, Rwanda: Kigali, Zambia: Lusaka, Zimbabwe: Harare, Mozambique: Maputo, Namibia: Windhoek,
            Botswana: Gaborone, Angola: Luanda, Ghana: Accra, Senegal: Dakar, Mali: Bamako, Niger: Niamey,
            Paraguay: Asuncion, Uruguay: Montevideo, Suriname: Paramaribo, Honduras: Tegucigalpa, Nicaragua: Managua,
            Burkina Faso: Ouagadougou""",
        ),
    ),
    "an opposite": Relation(
        "What is the opposite of {x}?",
        "word",
        (
            """hot: cold, up: down, big: small, day: night, wet: dry, fast: slow, happy: sad, yes: no, open: closed,
            young: old, new: old, tall: short, long: short, full: empty, near: far, early: late, rich: poor,
            first: last, push: pull, black: white, north: south, east: west, true: false, clean: dirty, weak: strong,
            thick: thin, loud: quiet, high: low, top: bottom, before: after, always: never, heavy: light""",
            """ancient: modern, arrive: depart, accept: reject, guilty: innocent, public: private, permanent: temporary,
            increase: decrease, shallow: deep, cheap: expensive, polite: rude, maximum: minimum,
            attack: defend, import: export, borrow: lend, vertical: horizontal, include: exclude, success: failure,
            absent: present, narrow: wide, majority: minority, asleep: awake, rough: smooth, buy: sell, dead: alive,
            brave: cowardly""",
            """convex: concave, benign: malignant, zenith: nadir, opaque: transparent, centripetal: centrifugal,
            nocturnal: diurnal, prologue: epilogue, endothermic: exothermic, hypothermia: hyperthermia,
            apogee: perigee, aphelion: perihelion, synonym: antonym, anode: cathode, introvert: extrovert,
            explicit: implicit, inflation: deflation, verbose: concise, anabolic: catabolic, myopia: hyperopia,
            macroscopic: microscopic, philanthropist: misanthrope""",
        ),
    ),
    "a name for the young": Relation(
        "What is a young {x} called?",
        "animal",
        (
            """cat: kitten, dog: puppy, cow: calf, sheep: lamb, chicken: chick, duck: duckling, horse: foal,
            pig: piglet, lion: cub, bear: cub, goat: kid, frog: tadpole""",
            """goose: gosling, swan: cygnet, kangaroo: joey, deer: fawn, elephant: calf, owl: owlet, eagle: eaglet,
            tiger: cub, whale: calf, toad: tadpole, koala: joey""",
            """hare: leveret, eel: elver, hedgehog: hoglet, pigeon: squab, cod: codling, falcon: eyas, turkey: poult,
            spider: spiderling, oyster: spat""",
        ),
    ),
    "a colour": Relation(
        "What is the usual colour of {x}?",
        "thing",
        (
            """grass: green, snow: white, blood: red, coal: black, ripe bananas: yellow, milk: white,
            ripe tomatoes: red, carrots: orange, crows: black, lemons: yellow, polar bears: white, chocolate: brown,
            the sky at noon: blue, strawberries: red""",
            """emeralds: green, rubies: red, sapphires: blue, sulphur: yellow, saffron: yellow, flamingos: pink,
            salt: white, charcoal: black, ebony: black, ivory: white""",
            """malachite: green, lapis lazuli: blue, amethysts: purple, cinnabar: red, azurite: blue, jet: black,
            alabaster: white, vermilion: red, citrine: yellow, obsidian: black""",
        ),
    ),
    "a material": Relation(
        "What is mainly used to make {x}?",
        "product",
        (
            """window panes: glass, candles: wax, bricks: clay, igloos: snow, omelettes: eggs, car tyres: rubber,
            raisins: grapes, paper: wood, french fries: potatoes""",
            """cheese: milk, wine: grapes, cider: apples, bullets: lead, prunes: plums, steel: iron, jeans: cotton,
            tortillas: corn""",
            """hummus: chickpeas, sake: rice, tequila: agave, mead: honey, marzipan: almonds, brass: copper,
            sauerkraut: cabbage, tahini: sesame, vellum: calfskin, rum: sugarcane""",
        ),
    ),
    "a past tense": Relation(
        "What is the past tense of {x}?",
        "verb",
        (
            """go: went, eat: ate, see: saw, run: ran, take: took, give: gave, come: came, make: made, say: said,
            find: found, know: knew, think: thought, buy: bought, write: wrote, sleep: slept, tell: told""",
            """bring: brought, teach: taught, catch: caught, fly: flew, grow: grew, steal: stole, freeze: froze,
            shake: shook, feed: fed, hide: hid, choose: chose, fight: fought, bite: bit, ride: rode, swim: swam,
            throw: threw""",
            """slay: slew, smite: smote, flee: fled, cling: clung, arise: arose, forsake: forsook, fling: flung,
            bind: bound, seek: sought, stride: strode, bestride: bestrode, wring: wrung""",
        ),
    ),
    "a plural": Relation(
        "What is the plural of {x}?",
        "noun",
        (
            """child: children, mouse: mice, man: men, foot: feet, tooth: teeth, woman: women, leaf: leaves,
            knife: knives, person: people, wolf: wolves""",
            """ox: oxen, crisis: crises, analysis: analyses, phenomenon: phenomena, thesis: theses, loaf: loaves,
            shelf: shelves, oasis: oases, criterion: criteria, louse: lice""",
            """alumnus: alumni, larva: larvae, bacterium: bacteria, stratum: strata, ellipsis: ellipses, axis: axes,
            datum: data, ovum: ova, nucleus: nuclei, alga: algae""",
        ),
    ),
    "a chemical symbol": Relation(
        "What is the chemical symbol of {x}?",
        "element",
        (
            "oxygen: O, hydrogen: H, carbon: C, gold: Au, nitrogen: N, helium: He",
            """silver: Ag, iron: Fe, sodium: Na, lead: Pb, copper: Cu, tin: Sn, potassium: K, calcium: Ca, mercury: Hg,
            zinc: Zn, neon: Ne, sulfur: S, aluminium: Al, chlorine: Cl, uranium: U""",
            """tungsten: W, antimony: Sb, manganese: Mn, magnesium: Mg, platinum: Pt, cobalt: Co, xenon: Xe,
            strontium: Sr, palladium: Pd, rubidium: Rb, caesium: Cs, cadmium: Cd, tellurium: Te, selenium: Se,
            krypton: Kr, zirconium: Zr, bismuth: Bi, radium: Ra, thorium: Th, arsenic: As""",
        ),
    ),
    "an author": Relation(
        "Who wrote {x}?",
        "book",
        (
            """Hamlet: Shakespeare, Harry Potter: Rowling, The Hobbit: Tolkien, Oliver Twist: Dickens,
            The Odyssey: Homer""",
            """Animal Farm: Orwell, Emma: Austen, Dracula: Stoker, Frankenstein: Shelley, War and Peace: Tolstoy,
            Don Quixote: Cervantes, Moby Dick: Melville, Les Miserables: Hugo, Crime and Punishment: Dostoevsky,
            Treasure Island: Stevenson""",
            """Middlemarch: Eliot, Ulysses: Joyce, Buddenbrooks: Mann, The Trial: Kafka, Candide: Voltaire,
            The Stranger: Camus, Nausea: Sartre, Peer Gynt: Ibsen, The Aeneid: Virgil, The Decameron: Boccaccio,
            Leviathan: Hobbes, Walden: Thoreau, Hunger: Hamsun, Oblomov: Goncharov, Dead Souls: Gogol,
            The Cherry Orchard: Chekhov, Eugene Onegin: Pushkin, Effi Briest: Fontane""",
        ),
    ),
}
